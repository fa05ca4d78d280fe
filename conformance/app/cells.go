// This file holds cells that are written and then fail, in every way in which a request can.

package app

import (
	"errors"
	"fmt"

	"github.com/stateful-entities/sfc"
)

// ErrCell is what cells fail with.
var ErrCell = errors.New("cell failed")

// Cell holds a number and a journal of what was written.
//
//sfc:entity
type Cell struct {
	name    string
	n       int
	journal []string
	counts  map[string]int
}

// NewCell creates a cell.
func NewCell(name string, n int) *Cell {
	return &Cell{name: name, n: n, counts: map[string]int{}}
}

// Key is its name.
func (c *Cell) Key() string { return c.name }

// Get is its number.
func (c *Cell) Get() int { return c.n }

// Journal is what was written.
func (c *Cell) Journal() string { return fmt.Sprint(c.n, c.journal, c.counts) }

// Write changes number, journal and counts.
func (c *Cell) Write(n int) int {
	c.n += n
	c.journal = append(c.journal, fmt.Sprintf("%+d", n))
	c.counts[fmt.Sprint(n)]++
	return c.n
}

// Add changes the number alone.
func (c *Cell) Add(n int) int {
	c.n += n
	return c.n
}

// WriteAll writes to all cells, then ends in the given way.
func WriteAll(cells []*Cell, n int, end string) (int, error) {
	sum := 0
	for _, c := range cells {
		sum += c.Write(n)
	}
	return sum, finish(end, cells[len(cells)-1])
}

// Spread writes to itself and to all others, then ends in the given way.
func (c *Cell) Spread(others []*Cell, n int, end string) (int, error) {
	sum := c.Write(n)
	for _, o := range others {
		sum += o.Write(n)
	}
	return sum + c.n, finish(end, c)
}

// Chain writes to itself, hands on to the next, and the last ends in the given way; all others write again.
func (c *Cell) Chain(rest []*Cell, n int, end string) (int, error) {
	c.Write(n)
	if len(rest) == 0 {
		return c.n, finish(end, c)
	}
	sum, err := rest[0].Chain(rest[1:], n, end)
	return c.Write(-1) + sum, err
}

// Finish ends in the given way.
func (c *Cell) Finish(end string) error { return finish(end, c) }

// finish fails as told; "" does not.
func finish(end string, c *Cell) error {
	switch end {
	case "":
		return nil
	case "error":
		return fmt.Errorf("%s: %w", c.Key(), ErrCell)
	case "panic":
		panic("end of " + c.Key())
	case "panic error":
		panic(ErrCell)
	case "index":
		var none []int
		return fmt.Errorf("%d", none[len(end)])
	case "nil map":
		var none map[string]int
		none[end] = 1
	case "nil pointer":
		var none *Overdrawn
		return fmt.Errorf("%d", none.Missing)
	case "division":
		return fmt.Errorf("%d", 1/(len(end)-8))
	case "assertion":
		var x any = end
		return x.(error)
	case "steps":
		for {
			end = end + ""
		}
	case "depth":
		return endless(c)
	case "bytes":
		end = end + "."
		for {
			end += end
		}
	case "missing":
		sfc.Get[Cell](c.Key() + "/missing").Write(1)
	case "delete missing":
		sfc.Delete(sfc.Get[Cell](c.Key() + "/missing"))
	case "exists already":
		NewCell(c.Key(), 0)
	case "created and failed":
		NewCell(c.Key()+"/new", 7).Write(1)
		return fmt.Errorf("after the creation: %w", ErrCell)
	case "failed creation":
		_, err := NewPicky(c.Key()+"/picky", -1)
		return err
	case "bad key":
		sfc.Get[Cell]("").Write(1)
	case "deleted and failed":
		sfc.Delete(c)
		return ErrCell
	}
	return errors.New("no such end: " + end)
}

func endless(c *Cell) error { return c.Finish("depth") }

// Picky refuses to be created with a negative number, after it has written to others.
//
//sfc:entity
type Picky struct {
	name string
	n    int
}

// NewPicky creates one.
func NewPicky(name string, n int) (*Picky, error) {
	if n < 0 {
		return nil, fmt.Errorf("picky %s: %w", name, ErrAmount)
	}
	return &Picky{name: name, n: n}, nil
}

// NewCounted writes to a cell before it decides whether the entity is created.
func NewCounted(name string, n int, c *Cell) (*Picky, error) {
	c.Write(n)
	if n < 0 {
		return nil, fmt.Errorf("counted %s: %w", name, ErrAmount)
	}
	return &Picky{name: name, n: n}, nil
}

// Key is its name.
func (p *Picky) Key() string { return p.name }

// Get is its number.
func (p *Picky) Get() int { return p.n }

// Recover has one cell write and fail, goes on, and writes to another: what the first one wrote stays.
func Recover(a, b *Cell, n int, end string) (said string, sum int) {
	said = attempt(a, n, end)
	return said, a.Get() + b.Write(n)
}

func attempt(a *Cell, n int, end string) (said string) {
	defer func() {
		if p := recover(); p != nil {
			said = panicked(p)
		}
	}()
	if _, err := a.Spread(nil, n, end); err != nil {
		return "returned: " + err.Error()
	}
	return "fine"
}

// panicked says what a recovered value is.
func panicked(p any) string {
	switch p := p.(type) {
	case *sfc.Error:
		return "named: " + p.Code
	case error:
		return "error: " + p.Error()
	case string:
		return "text: " + p
	}
	return "something"
}
