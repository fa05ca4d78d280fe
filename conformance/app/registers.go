// This file holds registers, and what can be done with several of them at once: money that moves, a sum that must hold,
// seats of which one is taken.

package app

import (
	"errors"
	"fmt"

	"github.com/stateful-entities/sfc"
)

// ErrShort is a move of more than there is.
var ErrShort = errors.New("not enough")

// Register holds a number.
//
//sfc:entity
type Register struct {
	name  string
	group string
	value int
}

// NewRegister creates a register. Queries find those of a group.
func NewRegister(name, group string, value int) *Register {
	return &Register{name: name, group: group, value: value}
}

// Key is the register's name.
func (r *Register) Key() string { return r.name }

// Read gives the number.
func (r *Register) Read() int { return r.value }

// Write sets the number.
func (r *Register) Write(v int) { r.value = v }

// CAS sets the number to another if it is old, and says whether it was.
func (r *Register) CAS(old, to int) bool {
	if r.value != old {
		return false
	}
	r.value = to
	return true
}

// Add adds to the number and gives what it became.
func (r *Register) Add(n int) int {
	r.value += n
	return r.value
}

// AddSlowly is Add with a call to oneself as another entity between reading and writing.
func (r *Register) AddSlowly(n int) int {
	self := r
	before := self.Read()
	r.value = before + n
	return r.value
}

// Take subtracts from a number that suffices.
func (r *Register) Take(n int) error {
	if r.value < n {
		return fmt.Errorf("%s has %d, not %d: %w", r.name, r.value, n, ErrShort)
	}
	r.value -= n
	return nil
}

// Swap exchanges the numbers of two registers and gives what they were.
func (r *Register) Swap(with *Register) (own, other int) {
	other = with.Read()
	own = r.value
	with.Write(own)
	r.value = other
	return own, other
}

// TakeTogether subtracts from this register if it and another one together have enough: each request writes one of the
// two, and reads both.
func (r *Register) TakeTogether(other *Register, n int) bool {
	if r.value+other.Read() < n {
		return false
	}
	r.value -= n
	return true
}

// Move moves part of a register's number to another one. It is given first, then taken: a move that fails has written.
func Move(from, to *Register, n int) error {
	to.Add(n)
	return from.Take(n)
}

// Sum adds the numbers of registers, seen at one moment.
func Sum(rs []*Register) int {
	sum := 0
	for _, r := range rs {
		sum += r.Read()
	}
	return sum
}

// ReadAll gives the numbers of registers, seen at one moment.
func ReadAll(rs []*Register) []int {
	var values []int
	for _, r := range rs {
		values = append(values, r.Read())
	}
	return values
}

// Vault holds numbers that come from registers: an entity of another type.
//
//sfc:entity
type Vault struct {
	name  string
	group string
	held  int
}

// NewVault creates a vault.
func NewVault(name, group string, held int) *Vault { return &Vault{name, group, held} }

// Key is the vault's name.
func (v *Vault) Key() string { return v.name }

// Store moves part of a register's number into the vault.
func (v *Vault) Store(from *Register, n int) error {
	v.held += n
	return from.Take(n)
}

// Fetch moves part of what the vault holds to a register.
func (v *Vault) Fetch(to *Register, n int) error {
	if v.held < n {
		return fmt.Errorf("%s holds %d, not %d: %w", v.name, v.held, n, ErrShort)
	}
	to.Add(n)
	v.held -= n
	return nil
}

// Held is what the vault holds.
func (v *Vault) Held() int { return v.held }

// Seat is taken while it exists.
//
//sfc:entity
type Seat struct {
	place string
	group string
	by    int
}

func newSeat(place, group string, by int) *Seat { return &Seat{place, group, by} }

// Key is the place.
func (s *Seat) Key() string { return s.place }

// By says who took the seat.
func (s *Seat) By() int { return s.by }

// Claim takes one of several places if none of them is taken: it must see what does not exist.
func Claim(places []string, want int, group string, by int) bool {
	if len(Occupied(places)) > 0 {
		return false
	}
	newSeat(places[want], group, by)
	return true
}

// Release frees a place that somebody holds.
func Release(place string, by int) bool {
	seat := sfc.Get[Seat](place)
	if !sfc.Exists(seat) || seat.By() != by {
		return false
	}
	sfc.Delete(seat)
	return true
}

// Occupied lists which of several places are taken, seen at one moment.
func Occupied(places []string) []string {
	var taken []string
	for _, p := range places {
		if sfc.Exists(sfc.Get[Seat](p)) {
			taken = append(taken, p)
		}
	}
	return taken
}
