// This file holds items, orders that reserve them, and categories that form a tree.

// Package orders reserves stock for orders, all lines of an order or none, and adds up the stock of a tree of
// categories.
package orders

import (
	"errors"
	"fmt"
	"slices"
)

// Errors of orders.
var (
	ErrShort = errors.New("not enough pieces")
	ErrEmpty = errors.New("an order needs lines")
)

// Item is something in stock.
//
//sfc:entity
type Item struct {
	name     string
	price    int
	free     int
	reserved int
}

// NewItem creates an item with some pieces.
func NewItem(name string, price, pieces int) *Item {
	return &Item{name: name, price: price, free: pieces}
}

// Key is the item's name.
func (i *Item) Key() string { return i.name }

// Price is what one piece costs.
func (i *Item) Price() int { return i.price }

// Worth is what the free pieces cost.
func (i *Item) Worth() int { return i.price * i.free }

// Reserve sets pieces aside.
func (i *Item) Reserve(pieces int) error {
	if pieces > i.free {
		return fmt.Errorf("%w of %s: %d free, %d wanted", ErrShort, i.name, i.free, pieces)
	}
	i.free -= pieces
	i.reserved += pieces
	return nil
}

// Release gives reserved pieces back, or hands them out for good.
func (i *Item) Release(pieces int, sold bool) {
	i.reserved -= pieces
	if !sold {
		i.free += pieces
	}
}

// Line is one position of an order.
type Line struct {
	Item   *Item
	Pieces int
}

// Status is how far an order has come.
type Status int

// The states of an order.
const (
	Pending Status = iota
	Shipped
	Cancelled
)

// String names the state.
func (s Status) String() string { return [...]string{"pending", "shipped", "cancelled"}[s] }

// Order is a list of lines whose pieces are reserved.
//
//sfc:entity
type Order struct {
	ID     int
	lines  []Line
	status Status
}

// NewOrder creates an order and reserves what it lists. If one line cannot be had, the request fails and nothing stays
// reserved.
func NewOrder(id int, lines []Line) (*Order, error) {
	if len(lines) == 0 {
		return nil, ErrEmpty
	}
	for n, line := range lines {
		if err := line.Item.Reserve(line.Pieces); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return &Order{ID: id, lines: slices.Clone(lines)}, nil
}

// Key is the order's number.
func (o *Order) Key() int { return o.ID }

// Total counts the pieces of the order and what they cost.
func (o *Order) Total() (pieces, cost int) {
	for _, line := range o.lines {
		pieces += line.Pieces
		cost += line.Pieces * line.Item.Price()
	}
	return pieces, cost
}

// Status names the order's state.
func (o *Order) Status() string { return o.status.String() }

// Ship hands the pieces out.
func (o *Order) Ship() error { return o.finish(Shipped) }

// Cancel gives the pieces back.
func (o *Order) Cancel() error { return o.finish(Cancelled) }

func (o *Order) finish(as Status) error {
	if o.status != Pending {
		return fmt.Errorf("order %d is %s already", o.ID, o.status)
	}
	for _, line := range o.lines {
		line.Item.Release(line.Pieces, as == Shipped)
	}
	o.status = as
	return nil
}

// OrderOrLess orders as many of the wanted pieces of one item as can be had, and says how many those were.
func OrderOrLess(id int, item *Item, pieces int) (*Order, int, error) {
	for ; pieces > 0; pieces-- {
		order, err := NewOrder(id, []Line{{Item: item, Pieces: pieces}})
		if !errors.Is(err, ErrShort) {
			return order, pieces, err
		}
	}
	return nil, 0, nil
}

// Category is a node of the tree of categories: its first child, and the next child of its parent.
//
//sfc:entity
type Category struct {
	Name  string
	first *Category
	next  *Category
	items []*Item
}

// NewCategory creates a category without children.
func NewCategory(name string, items ...*Item) *Category {
	return &Category{Name: name, items: slices.Clone(items)}
}

// Key is the category's name.
func (c *Category) Key() string { return c.Name }

// Add puts a category below this one.
func (c *Category) Add(child *Category) {
	child.PutBefore(c.first)
	c.first = child
}

// PutBefore makes another category the next one in this one's row.
func (c *Category) PutBefore(next *Category) { c.next = next }

// Worth adds up the items of the category, of what is below it and of what follows in its row. The empty tree is worth
// nothing.
func (c *Category) Worth() int {
	if c == nil {
		return 0
	}
	sum := c.first.Worth() + c.next.Worth()
	for _, item := range c.items {
		sum += item.Worth()
	}
	return sum
}

// Depth is the number of levels from this category down.
func (c *Category) Depth() int {
	if c == nil {
		return 0
	}
	return max(1+c.first.Depth(), c.next.Depth())
}
