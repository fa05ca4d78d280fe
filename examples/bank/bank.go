// This file holds accounts, transfers between them, and an auditor who asks back.

// Package bank moves money between accounts. Transfers in both directions at once are safe, because each request is one
// transaction; an audit shows that an entity may be called while it waits for another one.
package bank

import (
	"errors"
	"fmt"
)

// Errors of transfers and of opening an account.
var (
	ErrOverdraft = errors.New("overdraft")
	ErrAmount    = errors.New("amount must be positive")
)

// Account holds money and remembers every movement.
//
//sfc:entity
type Account struct {
	owner   string
	balance int
	entries []int
	audited int
}

// Open creates an account with a first deposit.
func Open(owner string, deposit int) (*Account, error) {
	if deposit < 0 {
		return nil, fmt.Errorf("open %s: %w", owner, ErrAmount)
	}
	return &Account{owner: owner, balance: deposit, entries: []int{deposit}}, nil
}

// Key is the owner's name.
func (a *Account) Key() string { return a.owner }

// Balance is the money in the account.
func (a *Account) Balance() int { return a.balance }

// Movements says how often the balance changed, and the sum of the changes.
func (a *Account) Movements() (count, sum int) {
	for _, e := range a.entries {
		sum += e
	}
	return len(a.entries), sum
}

// Deposit adds money.
func (a *Account) Deposit(amount int) error {
	if amount <= 0 {
		return fmt.Errorf("deposit of %d: %w", amount, ErrAmount)
	}
	a.book(amount)
	return nil
}

// Withdraw takes money out, down to a balance of nothing.
func (a *Account) Withdraw(amount int) error {
	if amount <= 0 {
		return fmt.Errorf("withdrawal of %d: %w", amount, ErrAmount)
	}
	if amount > a.balance {
		return fmt.Errorf("%w: %s has %d, not %d", ErrOverdraft, a.owner, a.balance, amount)
	}
	a.book(-amount)
	return nil
}

func (a *Account) book(amount int) {
	a.balance += amount
	a.entries = append(a.entries, amount)
}

// Send transfers money to another account.
func (a *Account) Send(to *Account, amount int) error {
	if err := a.Withdraw(amount); err != nil {
		return err
	}
	return to.Deposit(amount)
}

// Collect transfers money from another account.
func (a *Account) Collect(from *Account, amount int) error {
	if err := from.Withdraw(amount); err != nil {
		return err
	}
	return a.Deposit(amount)
}

// CollectUpTo transfers money from another account, at most what it has, and says how much that was.
func (a *Account) CollectUpTo(from *Account, amount int) (int, error) {
	err := from.Withdraw(amount)
	if errors.Is(err, ErrOverdraft) {
		amount = from.Balance()
		err = from.Withdraw(amount)
	}
	if err != nil {
		return 0, err
	}
	return amount, a.Deposit(amount)
}

// Share is an equal part of the balance.
func (a *Account) Share(parts int) int { return a.balance / parts }

// Audit lets an auditor look at the account, who calls back while this call waits; it says whether the books are right.
func (a *Account) Audit(by *Auditor) (right bool, times int) {
	right = by.Examine(a)
	return right, a.audited
}

// MarkAudited notes that an auditor has been here.
func (a *Account) MarkAudited() { a.audited++ }

// Auditor examines accounts.
//
//sfc:entity
type Auditor struct {
	Name     string
	Examined int
	Wrong    []string
}

// NewAuditor creates an auditor.
func NewAuditor(name string) *Auditor { return &Auditor{Name: name} }

// Key is the auditor's name.
func (b *Auditor) Key() string { return b.Name }

// Examine compares an account's balance with its movements.
func (b *Auditor) Examine(a *Account) bool {
	b.Examined++
	a.MarkAudited()
	if _, sum := a.Movements(); sum != a.Balance() {
		b.Wrong = append(b.Wrong, a.Key())
		return false
	}
	return true
}

// Transfer moves money between two accounts.
func Transfer(from, to *Account, amount int) error {
	if from == to {
		return fmt.Errorf("transfer from %s to itself", from.Key())
	}
	if err := from.Withdraw(amount); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return to.Deposit(amount)
}

// Total is the money in several accounts, seen at one moment.
func Total(accounts ...*Account) int {
	total := 0
	for _, a := range accounts {
		total += a.Balance()
	}
	return total
}
