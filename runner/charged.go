// This file holds the operations of generated code that charge for memory before they allocate it, and the arithmetic
// of costs. They stand here, and not in generated packages, so that a panic's place is the user's line.

package runner

import "reflect"

// Hide gives x back, and the Go compiler does not know that it is constant: what it would refuse (an overflow, a
// division by zero, an index out of range) happens when it runs.
func Hide[T any](x T) T { return x }

// Concat joins strings.
func Concat[S ~string](t *Thread, parts ...S) S {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	t.Charge(int64(n))
	switch len(parts) {
	case 2:
		return parts[0] + parts[1]
	case 3:
		return parts[0] + parts[1] + parts[2]
	case 4:
		return parts[0] + parts[1] + parts[2] + parts[3]
	}
	b := make([]byte, 0, n)
	for _, p := range parts {
		b = append(b, p...)
	}
	return S(b)
}

// Text charges for the string that is about to be made of bytes or runes, which it gives back.
func Text[S ~[]E, E ~byte | ~rune](t *Thread, s S) S {
	t.Charge(int64(reflect.TypeFor[E]().Size()) * int64(len(s)))
	return s
}

// RuneText is string(x) of an integer: its character, or U+FFFD.
func RuneText[T Integer](x T) string {
	if x < 0 || uint64(x) > 0x10FFFF {
		return "\uFFFD"
	}
	return string(rune(x))
}

// Copy is copy(dst, src).
func Copy[D, S ~[]E, E any](t *Thread, dst D, src S) int {
	t.move(min(len(dst), len(src)), reflect.TypeFor[E]().Size())
	return copy(dst, src)
}

// CopyText is copy(dst, src) of a string's bytes.
func CopyText[D ~[]byte, S ~string](t *Thread, dst D, src S) int {
	t.move(min(len(dst), len(src)), 1)
	return copy(dst, src)
}

// ClearList is clear(s).
func ClearList[S ~[]E, E any](t *Thread, s S) {
	t.move(len(s), reflect.TypeFor[E]().Size())
	clear(s)
}

// ClearMap is clear(m).
func ClearMap[M ~map[K]V, K comparable, V any](t *Thread, m M) {
	Shrinks(t, m)
	t.Spend(Slots(t, m))
	clear(m)
}

// moved is how many bytes a step moves in memory.
const moved = 512

// move pays for moving n elements.
func (t *Thread) move(n int, size uintptr) {
	if bytes := n * int(size); bytes >= moved {
		t.Spend(int64(bytes / moved))
	}
}

// Room charges for the memory that append is about to allocate if n elements do not fit behind s, which it gives back,
// and for moving many.
func Room[S ~[]E, E any](t *Thread, s S, n int) S {
	if n > 1 {
		t.move(n, reflect.TypeFor[E]().Size())
	}
	if c := cap(s); n > c-len(s) {
		grown := 2 * c
		if c > 256 {
			grown = c + c/4 + 192
		}
		t.Charge(int64(max(grown, len(s)+n)) * int64(reflect.TypeFor[E]().Size()))
	}
	return s
}

// MakeList is make([]E, n, c). A length that Go refuses panics as in Go; one that Go would try, and die of, is charged
// first.
func MakeList[S ~[]E, E any](t *Thread, n, c int) S {
	const most = 1 << 47 // bytes: more is refused by Go's allocator itself
	size := int(reflect.TypeFor[E]().Size())
	if n >= 0 && n <= c && (size == 0 || c <= most/size) {
		t.Charge(int64(c) * int64(size))
	}
	return make(S, n, c)
}

// KeyOf is the key of a reference; the nil reference has none, and faults as the nil pointer does in Go.
func KeyOf(ref Ref) string {
	key := ref.RefKey()
	if key == "" {
		NilDeref()
	}
	return key
}

// IntKeyOf is the key of a reference to an entity with integer keys.
func IntKeyOf[T Integer](ref Ref) T {
	v, err := ParseIntKey[T](KeyOf(ref))
	if err != nil {
		panic(&Error{Code: "InvalidArgument", Message: err.Error()})
	}
	return v
}

// Length is the length of the list, map or string that an interface value holds, or 0: a cost.
func Length(v any) int64 {
	switch v := v.(type) {
	case string:
		return int64(len(v))
	case []byte:
		return int64(len(v))
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Array:
		return int64(r.Len())
	}
	return 0
}

// Total is the length of all parts, which are strings or lists, together: a cost.
func Total[T any](parts []T) int64 {
	n := int64(0)
	for _, p := range parts {
		n = Sum(n, Length(p))
	}
	return n
}

// Amount is an integer argument as a cost: at least 0, at most the greatest int64.
func Amount[T Integer](x T) int64 {
	if x < 0 {
		return 0
	}
	return int64(min(uint64(x), 1<<63-1))
}

// Product multiplies two costs; it stops at the greatest int64.
func Product(a, b int64) int64 {
	if a > 0 && b > (1<<63-1)/a {
		return 1<<63 - 1
	}
	return a * b
}

// Sum adds two costs; it stops at the greatest int64.
func Sum(a, b int64) int64 {
	if a > 1<<63-1-b {
		return 1<<63 - 1
	}
	return a + b
}
