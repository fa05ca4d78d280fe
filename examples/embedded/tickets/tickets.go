// This file holds shows with seats, and customers who book them.

// Package tickets sells seats: nobody pays without a seat, and no seat is sold twice.
package tickets

import "fmt"

// Show is an evening with a number of seats.
//
//sfc:entity
type Show struct {
	Title string
	Price int
	Free  int
	Seats map[string]int // by customer
}

// NewShow opens the sale.
func NewShow(title string, price, seats int) *Show {
	return &Show{Title: title, Price: price, Free: seats, Seats: map[string]int{}}
}

// Key is the title.
func (s *Show) Key() string { return s.Title }

// Take gives seats to a customer, and says what they cost.
func (s *Show) Take(customer string, seats int) (cost int, err error) {
	if seats > s.Free {
		return 0, fmt.Errorf("%s: only %d seats left", s.Title, s.Free)
	}
	s.Free -= seats
	s.Seats[customer] += seats
	return seats * s.Price, nil
}

// Customer has money to spend.
//
//sfc:entity
type Customer struct {
	Name  string
	Money int
}

// NewCustomer creates a customer.
func NewCustomer(name string, money int) *Customer { return &Customer{Name: name, Money: money} }

// Key is the name.
func (c *Customer) Key() string { return c.Name }

// Book pays for seats. Without enough money the request fails, and the seats that it took are free again.
func (c *Customer) Book(show *Show, seats int) (left int, err error) {
	cost, err := show.Take(c.Name, seats)
	if err != nil {
		return 0, err
	}
	if cost > c.Money {
		return 0, fmt.Errorf("%s has %d, not %d", c.Name, c.Money, cost)
	}
	c.Money -= cost
	return c.Money, nil
}
