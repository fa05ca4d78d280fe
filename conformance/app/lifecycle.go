// This file holds things that come and go.

package app

import (
	"fmt"

	"github.com/stateful-entities/sfc"
)

// Thing is created, marked and removed.
//
//sfc:entity
type Thing struct {
	name  string
	mark  int
	marks int
}

// NewThing creates a thing; one that is there already is an error.
func NewThing(name string, mark int) *Thing { return &Thing{name: name, mark: mark} }

// Key is its name.
func (t *Thing) Key() string { return t.name }

// Mark is what it was marked with last.
func (t *Thing) Mark() int { return t.mark }

// SetMark marks it and gives the mark before.
func (t *Thing) SetMark(mark int) int {
	before := t.mark
	t.mark = mark
	t.marks++
	return before
}

// Take removes a thing and gives its mark.
func Take(t *Thing) int {
	mark := t.Mark()
	sfc.Delete(t)
	return mark
}

// Has says whether there is a thing of that name.
func Has(name string) bool { return sfc.Exists(sfc.Get[Thing](name)) }

// Ensure gives the thing of that name, and creates it if there is none.
func Ensure(name string, mark int) *Thing {
	t := sfc.Get[Thing](name)
	if sfc.Exists(t) {
		return t
	}
	return &Thing{name: name, mark: mark}
}

// Replace removes a thing and creates another of its name.
func Replace(t *Thing, mark int) (before, after int) {
	before = Take(t)
	return before, NewThing(t.Key(), mark).Mark()
}

// Rename creates a thing of another name with the same mark and removes the first.
func Rename(t *Thing, name string) (*Thing, error) {
	u := NewThing(name, t.Mark())
	sfc.Delete(t)
	if sfc.Exists(t) || !sfc.Exists(u) {
		return nil, fmt.Errorf("%s is still there", t.Key())
	}
	return u, nil
}

// Leave removes itself while it runs, and goes on.
func (t *Thing) Leave(me *Thing) (there bool, mark int) {
	sfc.Delete(me)
	t.mark++
	return sfc.Exists(me), t.mark
}

// CreateTwice creates two things of one name.
func CreateTwice(name string) int { return NewThing(name, 1).Mark() + NewThing(name, 2).Mark() }

// TryCreate creates a thing, or says that it was there.
func TryCreate(name string, mark int) (created bool) {
	defer func() {
		if e, ok := recover().(*sfc.Error); ok {
			created = e.Code != "AlreadyExists"
		}
	}()
	NewThing(name, mark)
	return true
}

// CreateAndFail creates a thing, uses it, and fails: nothing of it stays.
func CreateAndFail(name string) error {
	t := NewThing(name, 1)
	t.SetMark(2)
	return fmt.Errorf("%s is marked %d", name, t.Mark())
}

// CountThings says how many of the things exist.
func CountThings(things []*Thing) (n int) {
	for _, t := range things {
		if sfc.Exists(t) {
			n++
		}
	}
	return n
}

// Numbered is an entity with an integer for a key.
//
//sfc:entity
type Numbered struct {
	id   int
	text string
}

// NewNumbered creates one.
func NewNumbered(id int, text string) *Numbered { return &Numbered{id, text} }

// Key is its number.
func (n *Numbered) Key() int { return n.id }

// Text is what it holds.
func (n *Numbered) Text() string { return n.text }
