// This file is the paper's running example: users who buy items.

// Package shop is the running example of the paper "Stateful Entities" (Figure 1): users buy items, and the purchase is
// one transaction over both.
package shop

import (
	"errors"
	"fmt"
)

// ErrNegative is returned where an amount must not be negative.
var ErrNegative = errors.New("negative amount")

// Item is something to buy.
//
//sfc:entity
type Item struct {
	name         string
	price, stock int
}

// NewItem creates an item that is out of stock.
func NewItem(name string, price int) *Item {
	return &Item{name: name, price: price}
}

// Key is the item's name.
func (i *Item) Key() string { return i.name }

// Price is what one piece costs.
func (i *Item) Price() int { return i.price }

// Stock is the number of pieces left.
func (i *Item) Stock() int { return i.stock }

// UpdateStock adds delta pieces, or takes them away. If there are too few it changes nothing and says false.
func (i *Item) UpdateStock(delta int) bool {
	if i.stock+delta < 0 {
		return false
	}
	i.stock += delta
	return true
}

// User is a customer.
//
//sfc:entity
type User struct {
	Username string
	Balance  int
}

// NewUser creates a user with some money.
func NewUser(username string, balance int) *User {
	return &User{Username: username, Balance: balance}
}

// Key is the user's name.
func (u *User) Key() string { return u.Username }

// Deposit adds money.
func (u *User) Deposit(amount int) error {
	if amount < 0 {
		return fmt.Errorf("deposit %d: %w", amount, ErrNegative)
	}
	u.Balance += amount
	return nil
}

// BuyItem pays for amount pieces of an item and takes them from its stock; false if money or stock do not suffice.
func (u *User) BuyItem(amount int, item *Item) bool {
	total := amount * item.Price()
	if u.Balance < total {
		return false
	}
	if !item.UpdateStock(-amount) {
		return false
	}
	u.Balance -= total
	return true
}

// Restock adds n pieces of each item, or of none of them.
func Restock(items []*Item, n int) error {
	for _, item := range items {
		if !item.UpdateStock(n) {
			return fmt.Errorf("item %q has fewer than %d pieces", item.Key(), -n)
		}
	}
	return nil
}
