// This file holds values of all types, as arguments, results and state.

package app

import (
	"fmt"
	"time"
)

// Kinds has a field of every basic type.
type Kinds struct {
	Bool    bool
	Int     int
	Int8    int8
	Int16   int16
	Int32   int32
	Int64   int64
	Uint    uint
	Uint8   uint8
	Uint16  uint16
	Uint32  uint32
	Uint64  uint64
	Float32 float32
	Float64 float64
	Text    string
	Rune    rune
	Bytes   []byte
	When    time.Time
	Long    time.Duration
}

// Nested has what types are made of.
type Nested struct {
	List  []Kinds
	Three [3]int
	Map   map[string][]int
	ByInt map[int]string
	Ptr   *Nested `json:"ptr,omitempty"`
	Owner *Safe
	Any   any
	point
}

type point struct{ X, Y int }

// Safe keeps values.
//
//sfc:entity
type Safe struct {
	name   string
	kinds  Kinds
	nested Nested
	shared []*point
}

// NewSafe creates one.
func NewSafe(name string) *Safe { return &Safe{name: name} }

// Key is its name.
func (v *Safe) Key() string { return v.name }

// Keep keeps values of all basic types and gives back what was kept before.
func (v *Safe) Keep(k Kinds) Kinds {
	before := v.kinds
	v.kinds = k
	return before
}

// Kept is what is kept.
func (v *Safe) Kept() Kinds { return v.kinds }

// Basics gives its arguments back, each changed a little, as many results.
func (v *Safe) Basics(b bool, i int, i8 int8, i16 int16, i32 int32, i64 int64) (bool, int, int8, int16, int32, int64) {
	return !b, i + 1, i8 + 1, i16 + 1, i32 + 1, i64 + 1
}

// Unsigned does so with unsigned ones.
func (v *Safe) Unsigned(u uint, u8 uint8, u16 uint16, u32 uint32, u64 uint64) (uint, uint8, uint16, uint32, uint64) {
	return u - 1, u8 - 1, u16 - 1, u32 - 1, u64 - 1
}

// Others does so with the rest.
func (v *Safe) Others(f32 float32, f64 float64, s string, r rune, bs []byte) (float32, float64, string, rune, []byte) {
	return f32 / 3, f64 / 3, s + s, r + 1, append([]byte{0, 255}, bs...)
}

// Times does so with times.
func (v *Safe) Times(t time.Time, d time.Duration) (time.Time, time.Duration, bool) {
	return t.Add(d), d * 2, t.IsZero()
}

// Nest keeps nested values and gives them back.
func (v *Safe) Nest(n Nested) Nested {
	n.X++
	v.nested.Three = n.Three
	v.nested.Ptr = &Nested{Three: [3]int{n.X, n.Y, len(n.List)}}
	return n
}

// Variadic takes any number of texts.
func (v *Safe) Variadic(first string, rest ...int) (string, int) {
	return fmt.Sprint(first, rest), len(rest)
}

// Share lets two elements of the state be the same, and writes through one of them: the other sees it, also in a later
// request.
func (v *Safe) Share(d int) []int {
	if v.shared == nil {
		p := &point{1, 2}
		v.shared = []*point{p, p}
	}
	v.shared[0].X += d
	return []int{v.shared[0].X, v.shared[1].X, len(v.shared)}
}

// Pass hands values to another safe, which changes its own copy, and shows that one's own are as before.
func Pass(a, b *Safe, k Kinds) (Kinds, Kinds) {
	a.Keep(k)
	k.Int++
	return b.Keep(a.Kept()), a.Kept()
}

// Shape is what values of several types can be.
type Shape interface{ Area() float64 }

// Square is a shape.
type Square struct{ Side float64 }

// Area of a square.
func (s Square) Area() float64 { return s.Side * s.Side }

// Disc is another.
type Disc struct{ R float64 }

// Area of a disc, nearly.
func (d *Disc) Area() float64 { return 3 * d.R * d.R }

// Area adds up shapes of any type.
func Area(shapes []Shape) (sum float64) {
	for _, s := range shapes {
		if s != nil {
			sum += s.Area()
		}
	}
	return sum
}
