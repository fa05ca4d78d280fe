// This file holds what passes each limit.

package app

import (
	"fmt"
	"strings"

	"github.com/stateful-entities/sfc"
)

// Burner uses up what is limited.
//
//sfc:entity
type Burner struct {
	name string
	hits int
	fat  string
}

// NewBurner creates one.
func NewBurner(name string) *Burner { return &Burner{name: name} }

// Key is its name.
func (b *Burner) Key() string { return b.name }

// Hits is how often it was used with success.
func (b *Burner) Hits() int { return b.hits }

// Size is the length of what it holds.
func (b *Burner) Size() int { return len(b.fat) }

// Spin makes steps.
func (b *Burner) Spin(steps int) (x int) {
	b.hits++
	for i := range steps {
		x = x*31 + i
	}
	return x
}

// Dive calls itself through a reference.
func (b *Burner) Dive(depth int) int {
	b.hits++
	if depth == 0 {
		return 0
	}
	me := b
	return me.Dive(depth-1) + 1
}

// Nest calls itself as an ordinary function.
func (b *Burner) Nest(depth int) int {
	b.hits++
	if depth == 0 {
		return 0
	}
	return b.Nest(depth-1) + 1
}

// Allocate makes that many bytes, a piece at a time, and keeps none.
func (b *Burner) Allocate(bytes int) int {
	b.hits++
	sum := 0
	for made := 0; made < bytes; made += 1 << 16 {
		sum += len(make([]byte, 1<<16))
	}
	return sum
}

// AllocateAtOnce makes that many bytes in one piece.
func (b *Burner) AllocateAtOnce(bytes int) int {
	b.hits++
	return len(make([]byte, bytes))
}

// Fatten keeps that many bytes in its state.
func (b *Burner) Fatten(bytes int) int {
	b.hits++
	b.fat = strings.Repeat("x", bytes)
	return len(b.fat)
}

// Answer gives a result of that many bytes.
func (b *Burner) Answer(bytes int) string {
	b.hits++
	return strings.Repeat("y", bytes)
}

// Take is given bytes, and says how many.
func (b *Burner) Take(text string) int {
	b.hits++
	return len(text)
}

// Hand gives another entity an argument of that many bytes.
func (b *Burner) Hand(other *Burner, bytes int) int {
	b.hits++
	return other.Take(strings.Repeat("z", bytes))
}

// Fetch takes a result of that many bytes from another entity.
func (b *Burner) Fetch(other *Burner, bytes int) int {
	b.hits++
	return len(other.Answer(bytes))
}

// Hit is a small call.
func (b *Burner) Hit() { b.hits++ }

// Hammer calls another entity many times.
func (b *Burner) Hammer(other *Burner, times int) int {
	b.hits++
	for range times {
		other.Hit()
	}
	return other.Hits()
}

// Sow creates that many entities.
func (b *Burner) Sow(count int) int {
	b.hits++
	for i := range count {
		NewBurner(fmt.Sprint(b.name, "/", i))
	}
	return count
}

// Look asks that many entities whether they exist.
func (b *Burner) Look(count int) (n int) {
	b.hits++
	for i := range count {
		if sfc.Exists(sfc.Get[Burner](fmt.Sprint(b.name, "?", i))) {
			n++
		}
	}
	return n
}
