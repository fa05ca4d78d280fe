// This file holds the bank: money moves between accounts, and none is made or lost.

// Package app is the application of the conformance suite: ordinary Go, whose expected answers come from running it as
// plain Go. Each file is a room of its own: the bank, cells that fail on purpose, a tree of counters, the language,
// values of all types, things that come and go, peers that call back, limits.
package app

import (
	"errors"
	"fmt"
)

// Errors of the bank.
var (
	ErrOverdraft = errors.New("overdraft")
	ErrAmount    = errors.New("amount must be positive")
)

// Overdrawn says how much was missing.
type Overdrawn struct {
	Owner   string
	Missing int
}

func (o *Overdrawn) Error() string { return fmt.Sprintf("%s lacks %d", o.Owner, o.Missing) }

// Is makes it an overdraft.
func (o *Overdrawn) Is(target error) bool { return target == ErrOverdraft }

// Account holds money.
//
//sfc:entity
type Account struct {
	owner   string
	balance int
	moves   int
}

// Open creates an account.
func Open(owner string, deposit int) (*Account, error) {
	if deposit < 0 {
		return nil, fmt.Errorf("open %s: %w", owner, ErrAmount)
	}
	return &Account{owner: owner, balance: deposit}, nil
}

// OpenMany creates accounts whose names are a prefix and a number.
func OpenMany(prefix string, count, deposit int) (int, error) {
	for i := range count {
		if _, err := Open(fmt.Sprint(prefix, i), deposit); err != nil {
			return i, err
		}
	}
	return count, nil
}

// Key is the owner's name.
func (a *Account) Key() string { return a.owner }

// Balance is the money in the account.
func (a *Account) Balance() int { return a.balance }

// Moves is how often the balance changed.
func (a *Account) Moves() int { return a.moves }

// Deposit adds money and gives the new balance.
func (a *Account) Deposit(amount int) (int, error) {
	if amount <= 0 {
		return 0, fmt.Errorf("deposit of %d: %w", amount, ErrAmount)
	}
	a.balance += amount
	a.moves++
	return a.balance, nil
}

// Withdraw takes money, down to nothing, and gives the new balance.
func (a *Account) Withdraw(amount int) (int, error) {
	if amount <= 0 {
		return 0, fmt.Errorf("withdrawal of %d: %w", amount, ErrAmount)
	}
	if amount > a.balance {
		return 0, &Overdrawn{a.owner, amount - a.balance}
	}
	a.balance -= amount
	a.moves++
	return a.balance, nil
}

// WithdrawIf takes money if the two accounts hold enough together: the constraint that write skew breaks.
func (a *Account) WithdrawIf(other *Account, amount int) (bool, error) {
	if a.balance+other.Balance() < amount {
		return false, nil
	}
	a.balance -= amount
	a.moves++
	return true, nil
}

// Send moves money to another account, and pays before it asks.
func (a *Account) Send(to *Account, amount int) (int, error) {
	if _, err := to.Deposit(amount); err != nil {
		return 0, err
	}
	return a.Withdraw(amount)
}

// Transfer moves money between two accounts.
func Transfer(from, to *Account, amount int) error {
	if _, err := to.Deposit(amount); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	if _, err := from.Withdraw(amount); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

// Spread pays each of many the same amount, and fails when the money ends.
func (a *Account) Spread(to []*Account, amount int) (left int, err error) {
	for i, t := range to {
		if _, err := t.Deposit(amount); err != nil {
			return 0, err
		}
		if left, err = a.Withdraw(amount); err != nil {
			return 0, fmt.Errorf("after %d of %d: %w", i, len(to), err)
		}
	}
	return left, nil
}

// TryTransfer moves money or says why it cannot: the request succeeds either way.
func TryTransfer(from, to *Account, amount int) string {
	_, err := from.Withdraw(amount)
	var o *Overdrawn
	switch {
	case errors.As(err, &o) && errors.Is(err, ErrOverdraft):
		return fmt.Sprintf("%s lacks %d", o.Owner, o.Missing)
	case errors.Is(err, ErrAmount):
		return "amount"
	case err != nil:
		return "?"
	}
	if _, err := to.Deposit(amount); err != nil {
		panic(err)
	}
	return "moved"
}

// Audit sums up accounts.
func Audit(accounts []*Account) (sum int) {
	for _, a := range accounts {
		sum += a.Balance()
	}
	return sum
}

// Balances are those of many accounts, one after another.
func Balances(accounts []*Account) []int {
	all := make([]int, 0, len(accounts))
	for _, a := range accounts {
		all = append(all, a.Balance())
	}
	return all
}
