// This file holds the accounts that the workloads read, update and move money between.

// Package ledger is the application of sfc bench: ordinary entities, compiled like a user's. Accounts are the records of
// YCSB (ten fields of text) with the balance that YCSB+T adds; documents have a state of any size.
package ledger

import "errors"

// Fields is how many fields an account has, as in YCSB.
const Fields = 10

// ErrFunds is a transfer's error when there is too little money.
var ErrFunds = errors.New("insufficient funds")

// Account is one record.
//
//sfc:entity
type Account struct {
	id      string
	balance int
	fields  [Fields]string
}

// NewAccount makes an account.
func NewAccount(id string, balance int, fields [Fields]string) *Account {
	return &Account{id: id, balance: balance, fields: fields}
}

// Key is the account's name.
func (a *Account) Key() string { return a.id }

// Read gives all fields.
func (a *Account) Read() [Fields]string { return a.fields }

// Update writes one field.
func (a *Account) Update(field int, value string) { a.fields[field] = value }

// Transfer moves money to another account.
func (a *Account) Transfer(to *Account, amount int) error {
	if a.balance < amount {
		return ErrFunds
	}
	a.balance -= amount
	to.receive(amount)
	return nil
}

func (a *Account) receive(amount int) { a.balance += amount }
