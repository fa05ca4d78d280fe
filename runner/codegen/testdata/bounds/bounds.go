// Package bounds has requests that would run for hours, take all memory or overflow Go's stack if steps and bytes did not
// bound them. Each ends with LimitExceeded.
package bounds

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
)

type box struct{ in any }
type pair struct{ a, b any }
type wrap struct{ in error }

func (w wrap) Error() string { return "x" + w.in.Error() }

type wrapPtr struct{ in error }

func (w *wrapPtr) Error() string { return w.in.Error() }
func (w *wrapPtr) Unwrap() error { return w.in }

type str struct{ in fmt.Stringer }

func (s *str) String() string {
	if s.in == nil {
		return "end"
	}
	return s.in.String()
}

func deepBox(n int) any {
	var x any = 1
	for i := 0; i < n; i++ {
		x = box{x}
	}
	return x
}

func dag(n int) any {
	var x any = 1
	for i := 0; i < n; i++ {
		x = pair{x, x}
	}
	return x
}

func long(n int) string { return strings.Repeat("a", n) }

// values that are deeper than any stack, or longer by their paths than any time
func DeepEq() bool       { x, y := deepBox(60000), deepBox(60000); return x == y }
func DeepContains() bool { x, y := deepBox(60000), deepBox(60000); return slices.Contains([]any{x}, y) }
func DeepIndex() int     { x, y := deepBox(60000), deepBox(60000); return slices.Index([]any{x}, y) }
func DeepEqual() bool {
	x, y := deepBox(60000), deepBox(60000)
	return slices.Equal([]any{x}, []any{y})
}
func DeepCompact() int {
	x, y := deepBox(60000), deepBox(60000)
	return len(slices.Compact([]any{x, y}))
}
func DeepMapsEqual() bool {
	x, y := deepBox(60000), deepBox(60000)
	return maps.Equal(map[int]any{1: x}, map[int]any{1: y})
}
func DeepMapKey() int { m := map[any]int{}; m[deepBox(60000)] = 1; return len(m) }
func DeepErrIs() bool {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = wrap{e}
	}
	var f error = errors.New("x")
	for i := 0; i < 60000; i++ {
		f = wrap{f}
	}
	return errors.Is(e, f)
}
func DeepSwitch() int {
	x, y := deepBox(60000), deepBox(60000)
	switch x {
	case y:
		return 1
	}
	return 0
}
func DeepReturn() any   { return deepBox(60000) }
func DagEq() bool       { x, y := dag(40), dag(40); return x == y }
func DagContains() bool { x, y := dag(40), dag(40); return slices.Contains([]any{x}, y) }
func DagIndex() int     { x, y := dag(40), dag(40); return slices.Index([]any{x}, y) }
func DagEqual() bool    { x, y := dag(40), dag(40); return slices.Equal([]any{x}, []any{y}) }
func DagCompact() int   { x, y := dag(40), dag(40); return len(slices.Compact([]any{x, y})) }
func DagMapsEqual() bool {
	x, y := dag(40), dag(40)
	return maps.Equal(map[int]any{1: x}, map[int]any{1: y})
}
func DagMapKey() int { m := map[any]int{}; m[dag(40)] = 1; return len(m) }
func DagSprint() int { return len(fmt.Sprint(dag(40))) }
func DagJSON() int   { b, _ := json.Marshal(dag(40)); return len(b) }
func DagReturn() any { return dag(40) }

// methods that the library calls
func DeepError() int {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = &wrapPtr{e}
	}
	return len(e.Error())
}
func DeepErrorSprint() int {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = &wrapPtr{e}
	}
	return len(fmt.Sprint(e))
}
func DeepErrorPanic() {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = &wrapPtr{e}
	}
	panic(e)
}
func DeepErrorsIs() bool {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = &wrapPtr{e}
	}
	return errors.Is(e, errors.ErrUnsupported)
}
func DeepJoin() int {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = errors.Join(e)
	}
	return len(e.Error())
}
func DeepJoinIs() bool {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = errors.Join(e)
	}
	return errors.Is(e, errors.ErrUnsupported)
}
func DeepJoinRoot() error {
	var e error = errors.New("x")
	for i := 0; i < 60000; i++ {
		e = errors.Join(e)
	}
	return e
}
func DeepStringer() int {
	s := &str{}
	for i := 0; i < 60000; i++ {
		s = &str{s}
	}
	return len(s.String())
}
func DeepStringerSprint() int {
	s := &str{}
	for i := 0; i < 60000; i++ {
		s = &str{s}
	}
	return len(fmt.Sprint(s))
}
func WideJoinIs() int {
	var e error = errors.New("x")
	for i := 0; i < 40; i++ {
		e = errors.Join(e, e)
	}
	if errors.Is(e, errors.ErrUnsupported) {
		return 1
	}
	return 0
}
func WideJoinError() int {
	var e error = errors.New("x")
	for i := 0; i < 40; i++ {
		e = errors.Join(e, e)
	}
	return len(e.Error())
}
func WideJoinRoot() error {
	var e error = errors.New("x")
	for i := 0; i < 40; i++ {
		e = errors.Join(e, e)
	}
	return e
}
func WideJoinPanic() {
	var e error = errors.New("x")
	for i := 0; i < 40; i++ {
		e = errors.Join(e, e)
	}
	panic(e)
}
func WideJoinAs() bool {
	var e error = errors.New("x")
	for i := 0; i < 40; i++ {
		e = errors.Join(e, e)
	}
	var w *wrapPtr
	return errors.As(e, &w)
}

// operations that move, compare or hash much at once
func StrEq() (n int) {
	x, y := long(1<<20), long(1<<20)
	for {
		if x == y {
			n++
		}
	}
}
func StrLess() (n int) {
	x, y := long(1<<20), long(1<<20)
	for {
		if x < y {
			n++
		}
	}
}
func StrSwitch() (n int) {
	x, y := long(1<<20), long(1<<20)
	for {
		switch x {
		case y:
			n++
		}
	}
}
func StrStructEq() (n int) {
	type s struct{ a, b string }
	x, y := s{long(1 << 20), ""}, s{long(1 << 20), ""}
	for {
		if x == y {
			n++
		}
	}
}
func StrAnyEq() (n int) {
	var x, y any = long(1 << 20), long(1 << 20)
	for {
		if x == y {
			n++
		}
	}
}
func StrMapGet() (n int) {
	x := long(1 << 20)
	m := map[string]int{x: 1, "b": 2}
	for {
		n += m[x]
	}
}
func StrMapGetFew() (n int) {
	x := long(1 << 20)
	m := map[string]int{}
	for i := 0; i < 20; i++ {
		m[string(rune('a'+i))] = 1
	}
	for {
		n += m[x]
	}
}
func StrMapSet() (n int) {
	x := long(1 << 20)
	m := map[string]int{}
	for i := 0; i < 20; i++ {
		m[string(rune('a'+i))] = 1
	}
	for {
		m[x]++
	}
}
func StrMapDelete() (n int) {
	x := long(1 << 20)
	m := map[string]int{}
	for i := 0; i < 20; i++ {
		m[string(rune('a'+i))] = 1
	}
	for {
		delete(m, x)
	}
}
func StrMapStructKey() (n int) {
	type k struct{ a string }
	x := k{long(1 << 20)}
	m := map[k]int{}
	for i := 0; i < 20; i++ {
		m[k{string(rune('a' + i))}] = 1
	}
	for {
		n += m[x]
	}
}
func StrMapAnyKey() (n int) {
	x := long(1 << 20)
	m := map[any]int{}
	for i := 0; i < 20; i++ {
		m[i] = 1
	}
	for {
		n += m[x]
	}
}
func StrMapRange() (n int) {
	m := map[string]int{long(1<<20) + "b": 1, long(1<<20) + "c": 2}
	for {
		for range m {
			n++
		}
	}
}
func StrMapGrow() (n int) {
	m := map[string]int{long(1 << 20): 1}
	for i := 0; ; i++ {
		m[fmt.Sprint(i)] = i
	}
}
func ArrCopy() (n int) {
	var x, y [1 << 17]int
	for i := 0; ; i++ {
		x[i&1023] = i
		y = x
		n += y[5]
	}
}
func ArrEq() (n int) {
	var x, y [1 << 17]int
	for i := 0; ; i++ {
		if x == y {
			n++
		}
	}
}
func takes(a [1 << 16]int) int { return a[7] }
func ArrArg() (n int) {
	var x [1 << 16]int
	for i := 0; ; i++ {
		x[7] = i
		n += takes(x)
	}
}
func gives(i int) (a [1 << 16]int) { a[7] = i; return }
func ArrResult() (n int) {
	for i := 0; ; i++ {
		n += gives(i)[7]
	}
}
func ArrBox() (n int) {
	var x [1 << 16]int
	for i := 0; ; i++ {
		x[7] = i
		var a any = x
		if a != nil {
			n++
		}
	}
}
func ArrAssert() (n int) {
	var x [1 << 16]int
	var a any = x
	for i := 0; ; i++ {
		n += a.([1 << 16]int)[3]
	}
}
func ArrRange() (n int) {
	var x [1 << 16]int
	for i := 0; ; i++ {
		for _, v := range x {
			n += v
			break
		}
	}
}
func ArrElem() (n int) {
	x := make([][1 << 16]int, 2)
	for i := 0; ; i++ {
		x[i&1][7] = i
		x[0] = x[1]
	}
}
func ArrDeref() (n int) {
	x, y := new([1 << 16]int), new([1 << 16]int)
	for i := 0; ; i++ {
		*x = *y
	}
}
func ArrMapSet() (n int) {
	m := map[int][1 << 14]int{}
	var x [1 << 14]int
	for i := 0; ; i++ {
		m[i&1] = x
	}
}
func ArrMapGet() (n int) {
	m := map[int][1 << 14]int{}
	var x [1 << 14]int
	m[0] = x
	for i := 0; ; i++ {
		x = m[0]
		n += x[0]
	}
}
func ArrZero() (n int) {
	var x [1 << 16]int
	for i := 0; ; i++ {
		x = [1 << 16]int{}
		n += x[i&1023]
	}
}
func ArrLocal() (n int) {
	for i := 0; ; i++ {
		var x [1 << 16]int
		x[i&1023] = 1
		n += x[3]
	}
}
func ArrClosure() (n int) {
	for i := 0; ; i++ {
		var x [1 << 13]int
		f := func() int { x[1]++; return x[1] }
		n += f()
	}
}
func SliceToArray() (n int) {
	s := make([]int, 1<<16)
	for i := 0; ; i++ {
		n += [1 << 16]int(s)[i&1023]
	}
}

// library calls, and maps that were large
func Pad() (n int) {
	for i := 0; ; i++ {
		n += len(fmt.Sprintf("%1000000000d", i))
	}
}
func PadStar() (n int) {
	for i := 0; ; i++ {
		n += len(fmt.Sprintf("%*d", 1000000, i))
	}
}
func RangeEmptied() (n int) {
	m := map[int]int{}
	for i := 0; i < 60000; i++ {
		m[i] = i
	}
	clear(m)
	for i := 0; ; i++ {
		for range m {
			n++
		}
	}
}

// emptied gives a map of one entry that had many.
func emptied() map[int]int {
	m := map[int]int{}
	for i := 0; i < 20000; i++ {
		m[i] = i
	}
	for i := 1; i < 20000; i++ {
		delete(m, i)
	}
	return m
}

func RangeEmptiedOne() (n int) {
	m := emptied()
	for i := 0; ; i++ {
		for k := range m {
			n += k
		}
	}
}
func KeysEmptied() (n int) {
	m := emptied()
	for i := 0; ; i++ {
		n += len(slices.Sorted(maps.Keys(m)))
	}
}
func CloneEmptied() (n int) {
	m := emptied()
	for i := 0; ; i++ {
		n += len(maps.Clone(m))
	}
}
func CopyEmptied() (n int) {
	m := emptied()
	to := map[int]int{}
	for i := 0; ; i++ {
		maps.Copy(to, m)
		n += len(to)
	}
}
func EqualEmptied() (n int) {
	m := emptied()
	for i := 0; ; i++ {
		if maps.Equal(m, m) {
			n++
		}
	}
}
func SprintEmptied() (n int) {
	m := emptied()
	for i := 0; ; i++ {
		n += len(fmt.Sprint(m))
	}
}
func SortStrings() (n int) {
	var s []string
	for i := 0; i < 20; i++ {
		s = append(s, long(1<<17)+fmt.Sprint(i))
	}
	for i := 0; ; i++ {
		sort.Strings(s)
		s[0], s[10] = s[10], s[0]
	}
}
func SlicesSortStrings() (n int) {
	var s []string
	for i := 0; i < 20; i++ {
		s = append(s, long(1<<17)+fmt.Sprint(i))
	}
	for i := 0; ; i++ {
		slices.Sort(s)
		s[0], s[10] = s[10], s[0]
	}
}
func SortBigElems() (n int) {
	s := make([][1 << 13]int, 20)
	for i := 0; ; i++ {
		slices.SortFunc(s, func(a, b [1 << 13]int) int { return 0 })
	}
}
func ReverseBigElems() (n int) {
	s := make([][1 << 13]int, 20)
	for i := 0; ; i++ {
		slices.Reverse(s)
	}
}
func MaxStrings() (n int) {
	x, y := long(1<<20), long(1<<20)
	for i := 0; ; i++ {
		n += len(max(x, y)) + len(min(x, y))
	}
}
func Compare() (n int) {
	x, y := long(1<<20), long(1<<20)
	for i := 0; ; i++ {
		n += strings.Compare(x, y)
	}
}
func CopyBig() (n int) {
	x, y := make([]int, 1<<20), make([]int, 1<<20)
	for i := 0; ; i++ {
		n += copy(x, y)
	}
}
func ClearBig() (n int) {
	x := make([]int, 1<<20)
	for i := 0; ; i++ {
		clear(x)
	}
}
func AppendBig() (n int) {
	x, y := make([]int, 0, 1<<20), make([]int, 1<<20)
	for i := 0; ; i++ {
		n += len(append(x, y...))
	}
}
func AppendBigElem() (n int) {
	x := make([][1 << 16]int, 0, 4)
	var e [1 << 16]int
	for i := 0; ; i++ {
		n += len(append(x, e))
	}
}
func BuilderString() (n int) {
	var b strings.Builder
	b.WriteString(long(1 << 20))
	for i := 0; ; i++ {
		if b.String() == long(1) {
			n++
		}
	}
}
func Concat() (n int) {
	s := ""
	for i := 0; ; i++ {
		s += "x"
		n += len(s)
	}
}

type endless int

func (e endless) String() string { return fmt.Sprint(e + 1) }

type endlessErr int

func (e endlessErr) Error() string { return fmt.Sprint(e + 1) }

type endlessJSON int

func (e endlessJSON) MarshalJSON() ([]byte, error) { return json.Marshal(e + 1) }

type slow int

func (s slow) String() string {
	n := 0
	for i := 0; i < 500000; i++ {
		n += i
	}
	return fmt.Sprint(n)
}

type slowErr int

func (s slowErr) Error() string {
	n := 0
	for i := 0; i < 500000; i++ {
		n += i
	}
	return fmt.Sprint(n)
}

type byX []int

func (b byX) Len() int      { return len(b) }
func (b byX) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b byX) Less(i, j int) bool {
	n := 0
	for k := 0; k < 500000; k++ {
		n += k
	}
	return b[i] < b[j]
}

func EndlessString() int { return len(fmt.Sprint(endless(1))) }
func EndlessError() int  { return len(fmt.Sprint(endlessErr(1))) }
func EndlessRoot() error { return endlessErr(1) }
func EndlessPanic() int  { panic(endlessErr(1)) }
func EndlessJSON() int {
	b, _ := json.Marshal(endlessJSON(1))
	return len(b)
}
func SlowStrings() int {
	var l []any
	for i := 0; i < 5000; i++ {
		l = append(l, slow(i))
	}
	return len(fmt.Sprint(l...))
}
func SlowLess() int {
	b := make(byX, 100000)
	sort.Sort(b)
	return b[0]
}
func SlowLoop() (n int) {
	for {
		n += len(fmt.Sprint(slow(1)))
	}
}
func SlowJoin() int {
	var l []error
	for i := 0; i < 5000; i++ {
		l = append(l, slowErr(i))
	}
	return len(errors.Join(l...).Error())
}
func SlowJoinRoot() error {
	var l []error
	for i := 0; i < 5000; i++ {
		l = append(l, slowErr(i))
	}
	return errors.Join(l...)
}

type slowJSON int

func (s slowJSON) MarshalJSON() ([]byte, error) {
	n := 0
	for i := 0; i < 500000; i++ {
		n += i
	}
	return []byte("1"), nil
}

func RegexMatch() (n int) {
	s := strings.Repeat("a", 20000)
	for {
		if ok, _ := regexp.MatchString("(a?){1000}b", s); ok {
			n++
		}
	}
}
func BigArgs() (n int) {
	a := NewB("big")
	s := make([]int, 200000)
	for {
		n += a.Take(s)
	}
}
func Shared() (n int) {
	a := NewB("shared")
	var x any = []any{}
	for i := 0; i < 40; i++ {
		x = []any{x, x}
	}
	for {
		n += a.Any(x)
	}
}

//sfc:entity
type B struct{ name string }

func NewB(name string) *B     { return &B{name: name} }
func (b *B) Key() string      { return b.name }
func (b *B) Take(s []int) int { return len(s) }
func (b *B) Any(x any) int    { return 1 }

func SortedKeysLoop() (n int) {
	m := map[string]int{}
	for i := 0; i < 20000; i++ {
		m[fmt.Sprint(i)] = i
	}
	for {
		for range m {
			n++
			break
		}
	}
}
func BoxList() (n int) {
	var x any
	for {
		x = []any{x}
		n++
		if x == nil {
			return
		}
	}
}
func Boxes() (n int) {
	var x any
	for {
		x = box{x}
		n++
		if x == nil {
			return
		}
	}
}

// recursion, by every way that a call can take
func RecClosure() int {
	var f func(int) int
	f = func(n int) int { return f(n+1) + 1 }
	return f(1)
}

type rec interface{ run(n int) int }
type recA struct{ next rec }

func (r *recA) run(n int) int { return r.next.run(n+1) + 1 }
func RecFace() int {
	r := &recA{}
	r.next = r
	return r.run(1)
}

func viaSort(n int) int {
	s := []int{3, 1, 2}
	slices.SortFunc(s, func(a, b int) int { return viaSort(n + 1) })
	return s[0]
}
func RecSort() int { return viaSort(1) }

func viaMap(s string) string {
	return strings.Map(func(r rune) rune { return rune(len(viaMap(s))) }, s)
}
func RecMap() int { return len(viaMap("ab")) }

var table = map[string]func(int) int{"a": tabled}

func tabled(n int) int { return pick("a")(n+1) + 1 }
func pick(s string) func(int) int {
	if s == "a" {
		return tabled
	}
	return nil
}
func RecTable() int { return tabled(1) }

func mv(n int) int {
	w := walker{n}
	f := w.step
	return f() + 1
}

type walker struct{ n int }

func (w walker) step() int { return mv(w.n + 1) }
func RecMethodValue() int  { return mv(1) }

func deferRec(n int) (r int) {
	defer func() { r = deferRec(n+1) + 1 }()
	return n
}
func RecDefer() int { return deferRec(1) }

func panicRec(n int) (r int) {
	defer func() { recover(); r = panicRec(n + 1) }()
	panic(n)
}
func RecPanic() int { return panicRec(1) }

type bigFrame struct{ a [4096]int }

func bigRec(b bigFrame, n int) int { b.a[n%4096] = n; return bigRec(b, n+1) + b.a[0] }
func RecBig() int                  { return bigRec(bigFrame{}, 1) }

func gen[T any](x T, n int) int { return gen(x, n+1) + 1 }
func RecGen() int               { return gen("x", 1) }

func (b *B) Own(n int) int { return b.Own(n+1) + 1 }
func (b *B) Loop(d *B) int { return d.Loop(b) + 1 }
func RecOwn() int          { return NewB("own").Own(1) }
func RecInvoke() int       { return NewB("a").Loop(NewB("b")) }
