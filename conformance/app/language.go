// This file is the language room: what Go means around calls of other entities.

package app

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"time"
)

// Room is called by the language's functions; it remembers the order of its calls.
//
//sfc:entity
type Room struct {
	name  string
	n     int
	log   []string
	items map[string]int
}

// NewRoom creates one.
func NewRoom(name string) *Room {
	return &Room{name: name, items: map[string]int{"b": 2, "a": 1, "c": 3}}
}

// Key is its name.
func (r *Room) Key() string { return r.name }

// Get is its number.
func (r *Room) Get() int { return r.n }

// Set sets the number and gives it back.
func (r *Room) Set(n int) int {
	r.n = n
	r.log = append(r.log, fmt.Sprint("=", n))
	return n
}

// Inc adds to the number and gives the new one.
func (r *Room) Inc(d int) int {
	r.n += d
	r.log = append(r.log, fmt.Sprint("+", d))
	return r.n
}

// Is notes a question and says whether the number is greater.
func (r *Room) Is(n int) bool {
	r.log = append(r.log, fmt.Sprint("?", n))
	return r.n > n
}

// Log is the order of calls; it is empty afterwards.
func (r *Room) Log() string {
	text := strings.Join(r.log, " ")
	r.log = nil
	return text
}

// Pair gives two numbers.
func (r *Room) Pair() (int, int) { return r.n, r.n * 10 }

// Items gives a map.
func (r *Room) Items() map[string]int { return maps.Clone(r.items) }

// Fail gives the number, or an error below zero.
func (r *Room) Fail() (int, error) {
	if r.n < 0 {
		return 0, fmt.Errorf("room %s: %w", r.name, ErrAmount)
	}
	return r.n, nil
}

// Boom panics with a text, an error or a number.
func (r *Room) Boom(kind int) int {
	r.log = append(r.log, fmt.Sprint("!", kind))
	switch kind {
	case 0:
		panic("boom " + r.name)
	case 1:
		panic(fmt.Errorf("boom: %w", ErrCell))
	case 2:
		panic(&Overdrawn{r.name, r.n})
	case 3:
		return []int{}[r.n]
	}
	return kind
}

// Order evaluates an expression in which own reads and foreign calls stand side by side.
func (r *Room) Order(other *Room) (int, int, []int) {
	r.n = 1
	x := r.n + other.Inc(1)*10 + r.bump(other) + r.n
	y := r.n*other.Inc(1) - other.Inc(1)*r.n
	list := []int{r.n, other.Inc(5), r.n, r.bump(other), r.n}
	return x, y, list
}

func (r *Room) bump(other *Room) int {
	r.n *= 2
	return other.Inc(r.n)
}

// ShortCircuit asks only what decides.
func ShortCircuit(a, b, c *Room) (bool, string) {
	yes := a.Is(0) && b.Is(0) || c.Is(0) && !(b.Is(1) || a.Is(1))
	return yes, a.Log() + "|" + b.Log() + "|" + c.Log()
}

// Loops calls in every part of loops.
func Loops(a, b *Room) (sum int) {
	for i := a.Set(0); i < b.Get() && sum < 1000; i = a.Inc(1) {
		if i%3 == 1 {
			continue
		}
		sum += i * b.Get()
	}
outer:
	for i := range b.Get() {
		for j := range a.Get() {
			switch sum += a.Get(); {
			case i == 2:
				continue outer
			case j == 2:
				break outer
			}
		}
	}
	for k, v := range a.Items() {
		sum = sum*3 + len(k) + v + b.Inc(v)
	}
	return sum
}

// Closures keeps functions alive across calls; they share what they captured.
func Closures(a *Room) []int {
	n := a.Get()
	var all []func(int) int
	for i := range 3 {
		all = append(all, func(d int) int {
			n += d + i
			return n
		})
	}
	a.Inc(1)
	var got []int
	for i, f := range all {
		got = append(got, f(a.Inc(i)))
	}
	inc := a.Inc
	return append(got, n, inc(100))
}

// Defers runs deferred calls in reverse order, with arguments of the moment of the statement; they change the result.
func Defers(a, b *Room) (n int, err error) {
	defer func() {
		n = n*2 + a.Get()
		if p := recover(); p != nil {
			err = nil
			n += len(panicked(p)) - len(b.Key())
		}
	}()
	for i := range 3 {
		defer a.Inc(i + b.Get())
	}
	b.Set(50)
	n = 7
	if b.Get() > 0 {
		return n + 1, fmt.Errorf("not nil %d", b.Boom(0))
	}
	return 0, nil
}

// Recovers catches each kind of panic that another entity raises, and sees its dynamic type.
func Recovers(a *Room) []string {
	var got []string
	for kind := range 5 {
		got = append(got, recovered(a, kind))
	}
	return got
}

func recovered(a *Room, kind int) (text string) {
	defer func() {
		switch p := recover().(type) {
		case nil:
			text += " calm"
		case string:
			text = "text " + p
		case *Overdrawn:
			text = fmt.Sprint("overdrawn ", p.Missing, errors.Is(p, ErrOverdraft))
		case interface{ RuntimeError() }:
			text = fmt.Sprint("runtime ", p)
		case error:
			text = fmt.Sprint("error ", p, errors.Is(p, ErrCell))
		}
	}()
	return fmt.Sprint(a.Boom(kind))
}

// Repanic lets a panic through after it has noted it: the request fails, and nothing stays.
func Repanic(a *Room) int {
	defer func() {
		p := recover()
		a.Inc(1000)
		panic("again: " + panicked(p))
	}()
	return a.Boom(0)
}

// Results gives several results through others: named, passed on, parallel.
func Results(a, b *Room) (x, y int, text string) {
	x, y = a.Pair()
	x, y = y, x
	x, a, b = b.Inc(1), b, a
	text = join(a.Pair())
	if n, err := a.Fail(); err == nil {
		y += n
	}
	return
}

func join(x, y int) string { return fmt.Sprint(x, "-", y) }

// number is a named type with methods, of which one is reached through an interface.
type number int

func (n number) twice() number  { return n * 2 }
func (n *number) add(d number)  { *n += d }
func (n number) String() string { return fmt.Sprintf("#%d", int(n)) }

type doubler interface{ twice() number }

// Generics uses generic functions and types with results of calls.
func Generics(a *Room) (string, int, []string) {
	s := stack[number]{}
	for i := range 4 {
		s.push(number(a.Inc(i)))
	}
	var d doubler = s.pop()
	n := d.twice()
	n.add(1)
	words := mapped(s.all, number.String)
	return fmt.Sprint(n), int(fold(s.all, 0, func(x, y number) number { return x + y })), words
}

type stack[T any] struct{ all []T }

func (s *stack[T]) push(x T) { s.all = append(s.all, x) }

func (s *stack[T]) pop() T {
	x := s.all[len(s.all)-1]
	s.all = s.all[:len(s.all)-1]
	return x
}

func mapped[T, U any](list []T, f func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}

func fold[T, U any](list []T, start U, f func(U, T) U) U {
	for _, x := range list {
		start = f(start, x)
	}
	return start
}

// teller is what two types of entities are.
type teller interface{ Get() int }

// Interfaces calls entities through an interface, by their dynamic type.
func Interfaces(a *Room, c *Cell) []int {
	var got []int
	for _, t := range []teller{a, c, nil} {
		switch t := t.(type) {
		case *Room:
			got = append(got, t.Get(), t.Inc(1))
		case nil:
			got = append(got, -1)
		default:
			got = append(got, t.Get())
		}
	}
	return got
}

// Errors keeps the identity of errors from call to call: sentinels, own types, wrapped ones.
func Errors(a *Account, r *Room) []bool {
	_, over := a.Withdraw(a.Balance() + 5)
	_, amount := a.Deposit(-1)
	r.Set(-1)
	_, room := r.Fail()
	var o *Overdrawn
	return []bool{
		errors.Is(over, ErrOverdraft), errors.As(over, &o) && o.Missing == 5, errors.Is(amount, ErrAmount),
		errors.Is(room, ErrAmount), errors.Is(errors.Join(over, room), ErrCell), amount == ErrAmount,
	}
}

// Copies shows that a struct is copied where Go copies it, and shared where Go shares it.
func Copies(a *Room) []int {
	p := point{a.Inc(1), 2}
	q, r := p, &p
	q.X = 100
	r.Y = a.Inc(1)
	arr := [3]point{p, q}
	brr := arr
	brr[0].X = -1
	list := arr[:]
	list[1].Y = a.Inc(1)
	return []int{p.X, p.Y, q.X, q.Y, arr[0].X, arr[1].Y, brr[0].X, brr[1].Y, list[1].Y}
}

// Orders ranges over maps, whose keys come sorted, and sorts with functions.
func Orders(r *Room) (string, []string) {
	var b strings.Builder
	for k, v := range map[int]string{3: "c", -1: "z", 2: "b"} {
		fmt.Fprint(&b, k, v, r.Inc(k), ";")
	}
	for k := range map[point]bool{{2, 1}: true, {1, 9}: true, {1, 2}: false} {
		fmt.Fprint(&b, k.X, k.Y, ";")
	}
	items := r.Items()
	keys := slices.Collect(maps.Keys(items))
	sort.Slice(keys, func(i, j int) bool { return items[keys[i]] > items[keys[j]] })
	return b.String(), keys
}

// Jumps leaves statements in every way.
func Jumps(a *Room, n int) (text string) {
again:
	switch k := a.Inc(1); {
	case k%4 == 0:
		text += "four "
		fallthrough
	case k%2 == 0:
		text += "two "
		if k < n {
			goto again
		}
	case k > n:
		text += "end "
	default:
		text += "odd "
		goto again
	}
	return text + fmt.Sprint(a.Get())
}

// Strings works on text between calls.
func Strings(a *Room, s string) (int, string, []int) {
	var at []int
	for i, c := range s {
		at = append(at, i*a.Inc(1), int(c))
	}
	b := []byte(s)
	slices.Reverse(b)
	return len(s), strings.ToUpper(s) + string(b[len(b)/2:]), at
}

// Now shows that the clock stands still in a request, in UTC, and does not run backwards.
func (r *Room) Now() (same, utc, later bool) {
	t := time.Now()
	for range 1000 {
		r.n++
	}
	before := time.Unix(0, int64(r.items["now"]))
	r.items["now"] = int(t.UnixNano())
	return t.Equal(time.Now()) && t == r.again(), t.Location() == time.UTC, !t.Before(before)
}

func (r *Room) again() time.Time { return time.Now() }

// Chance draws numbers: they depend on the request's id alone.
func Chance(a *Room, n int) []int {
	all := []int{}
	for range n {
		all = append(all, rand.IntN(1000), a.Draw())
	}
	return all
}

// Draw draws from the same source, at another entity.
func (r *Room) Draw() int {
	r.n = rand.IntN(1000)
	return r.n
}

// Arithmetic overflows, shifts and divides as Go does.
func Arithmetic(a *Room, x int) []int {
	var i8 int8 = 127
	var u8 uint8
	i8 += int8(a.Get() - a.Get() + 1)
	u8--
	return []int{int(i8), int(u8), x << 3, -x >> 1, -7 / 2, -7 % 3, x &^ 5, x ^ a.Get(), 1 << (a.Get() % 64)}
}
