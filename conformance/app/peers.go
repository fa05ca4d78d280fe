// This file holds peers: entities that are called again while they wait for another one.

package app

import "fmt"

// Peer has a friend, who may be itself.
//
//sfc:entity
type Peer struct {
	name   string
	friend *Peer
	n      int
	said   []string
}

// NewPeer creates a peer without a friend.
func NewPeer(name string) *Peer { return &Peer{name: name} }

// Key is its name.
func (p *Peer) Key() string { return p.name }

// Befriend sets the friend.
func (p *Peer) Befriend(other *Peer) { p.friend = other }

// N is its number.
func (p *Peer) N() int { return p.n }

// Said is what it remembers.
func (p *Peer) Said() []string { return append([]string{}, p.said...) }

// Add changes the number.
func (p *Peer) Add(d int) int {
	p.n += d
	p.said = append(p.said, fmt.Sprintf("%+d", d))
	return p.n
}

// Ask sets its number and has the friend read it back: it is seen before it is committed.
func (p *Peer) Ask(n int) (seen, after int) {
	p.n = n
	seen = p.friend.AskBack(p)
	return seen, p.n
}

// AskBack reads the number of the one who asks, and changes it.
func (p *Peer) AskBack(by *Peer) int {
	seen := by.N()
	by.Add(100)
	p.n++
	return seen
}

// Bounce plays between two peers until the count ends; each sees what the other has done in between.
func (p *Peer) Bounce(other *Peer, count int) int {
	p.n++
	if count == 0 {
		return p.n
	}
	before := p.n
	result := other.Bounce(p, count-1)
	return result + p.n - before
}

// Sum reads own fields around a call that changes them: Go calls first and reads afterwards.
func (p *Peer) Sum(d int) int { return p.n + p.friend.Twice(p, d) + p.n }

// Twice changes another peer twice.
func (p *Peer) Twice(other *Peer, d int) int {
	other.Add(d)
	return other.Add(d)
}

// Two changes two peers, who may be the same.
func Two(a, b *Peer, x, y int) (same bool, first, second int) {
	first = a.Add(x)
	second = b.Add(y)
	return a == b, first + a.N(), second
}

// Three calls a peer through itself and two others; they may all be the same.
func (p *Peer) Three(a, b *Peer) int {
	p.n = 1
	a.Add(10)
	n := p.n
	b.Add(n)
	return p.n*1000 + n
}

// Fall has the friend call back, which panics; it recovers, and what was written in between stays.
func (p *Peer) Fall() (text string) {
	defer func() {
		text = fmt.Sprint(panicked(recover()), " ", p.n)
		p.n *= 2
	}()
	p.n = 1
	p.friend.Push(p)
	return "not reached"
}

// Push has another peer panic after it was changed.
func (p *Peer) Push(other *Peer) {
	defer func() { p.n += 1000 }()
	other.Add(4)
	other.Trip()
}

// Trip panics.
func (p *Peer) Trip() { panic(fmt.Sprint(p.name, " trips at ", p.n)) }

// Down calls itself as another entity would, to the given depth.
func (p *Peer) Down(depth int) int {
	if depth == 0 {
		return p.n
	}
	p.n++
	me := p
	return me.Down(depth-1) + 1
}

// Ladder goes down between two peers to the given depth.
func (p *Peer) Ladder(other *Peer, depth int) int {
	if depth == 0 {
		return 0
	}
	p.n++
	return other.Ladder(p, depth-1) + 1
}

// Parity finds out by mutual recursion whether a number is even.
func Parity(a, b *Peer, n int) bool { return a.Even(b, n) }

// Even is one half of it.
func (p *Peer) Even(other *Peer, n int) bool { return n == 0 || other.Odd(p, n-1) }

// Odd is the other.
func (p *Peer) Odd(other *Peer, n int) bool { return n != 0 && other.Even(p, n-1) }
