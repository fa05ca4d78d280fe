// This file checks the codec against RFC 8949 and against encodings worked out by hand.

package runner_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

type (
	enc = runner.Enc
	dec = runner.Dec
)

func encoded(t *testing.T, graph bool, write func(*enc)) string {
	t.Helper()
	b, err := prog.Encode(graph, write)
	require.NoError(t, err)
	return hex.EncodeToString(b)
}

func decoded(t *testing.T, text string, read func(*dec)) {
	t.Helper()
	b, err := hex.DecodeString(text)
	require.NoError(t, err)
	require.NoError(t, prog.Decode(b, read))
}

// The examples of RFC 8949, appendix A, of what this codec has.
func TestExamplesOfTheRFC(t *testing.T) {
	twentyFive := make([]int, 25)
	for i := range twentyFive {
		twentyFive[i] = i + 1
	}
	for _, c := range []struct {
		want  string
		value any
	}{
		{"00", 0}, {"01", 1}, {"0a", 10}, {"17", 23}, {"1818", 24}, {"1819", 25}, {"1864", 100}, {"1903e8", 1000},
		{"1a000f4240", 1000000}, {"1b000000e8d4a51000", 1000000000000}, {"1bffffffffffffffff", uint64(18446744073709551615)},
		{"20", -1}, {"29", -10}, {"3863", -100}, {"3903e7", -1000},
		{"f90000", 0.0}, {"f98000", math.Copysign(0, -1)}, {"f93c00", 1.0}, {"fb3ff199999999999a", 1.1}, {"f93e00", 1.5},
		{"f97bff", 65504.0}, {"fa47c35000", 100000.0}, {"fa7f7fffff", 3.4028234663852886e+38},
		{"fb7e37e43c8800759c", 1.0e+300}, {"f90001", 5.960464477539063e-8}, {"f90400", 0.00006103515625},
		{"f9c400", -4.0}, {"fbc010666666666666", -4.1}, {"f97c00", math.Inf(1)}, {"f97e00", math.NaN()}, {"f9fc00", math.Inf(-1)},
		{"f4", false}, {"f5", true}, {"f6", nil},
		{"40", []byte{}}, {"4401020304", []byte{1, 2, 3, 4}},
		{"60", ""}, {"6161", "a"}, {"6449455446", "IETF"}, {"62225c", "\"\\"}, {"62c3bc", "\u00fc"}, {"63e6b0b4", "\u6c34"},
		{"64f0908591", "\U00010151"},
		{"80", []int{}}, {"83010203", []int{1, 2, 3}},
		{"98190102030405060708090a0b0c0d0e0f101112131415161718181819", twentyFive},
		{"a0", map[int]int{}}, {"a201020304", map[int]int{3: 4, 1: 2}},
		{"a56161614161626142616361436164614461656145", map[string]string{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}},
	} {
		for _, graph := range []bool{false, true} {
			assert.Equal(t, c.want, encoded(t, graph, func(e *enc) { write(e, c.value) }), "%v", c.value)
			decoded(t, c.want, func(d *dec) {
				got := read(d, c.value)
				if f, ok := c.value.(float64); ok {
					assert.Equal(t, math.Float64bits(f), math.Float64bits(got.(float64)), "%v", c.value)
				} else {
					assert.Equal(t, c.value, got)
				}
			})
		}
	}
}

func write(e *enc, v any) {
	switch v := v.(type) {
	case nil:
		e.Nil()
	case int:
		e.Int(int64(v))
	case uint64:
		e.Uint(v)
	case float64:
		e.Float(v)
	case bool:
		e.Bool(v)
	case string:
		e.String(v)
	case []byte:
		e.Bytes(v)
	case []int:
		encInts(e, v)
	case map[int]int:
		runner.EncMap(e, v, runner.EncInt[int], runner.EncInt[int])
	case map[string]string:
		runner.EncMap(e, v, (*enc).String, (*enc).String)
	default:
		panic(fmt.Sprintf("%T", v))
	}
}

func read(d *dec, like any) any {
	switch like.(type) {
	case nil:
		if !d.Nil() {
			panic("not nil")
		}
		return nil
	case int:
		return int(d.Int())
	case uint64:
		return d.Uint()
	case float64:
		return d.Float()
	case bool:
		return d.Bool()
	case string:
		return d.String()
	case []byte:
		return d.Bytes()
	case []int:
		return decInts(d)
	case map[int]int:
		return runner.DecMap(d, runner.DecInt[int], runner.DecInt[int])
	case map[string]string:
		return runner.DecMap(d, (*dec).String, (*dec).String)
	}
	panic(fmt.Sprintf("%T", like))
}

// Every value of half precision has itself as its shortest form, and every neighbour in single precision has not.
func TestHalfPrecision(t *testing.T) {
	for h := range 1 << 16 {
		text := fmt.Sprintf("f9%04x", h)
		if h&0x7c00 == 0x7c00 && h&0x3ff != 0 && h != 0x7e00 {
			continue // other NaNs
		}
		var f float64
		decoded(t, text, func(d *dec) { f = d.Float() })
		require.Equal(t, text, encoded(t, false, func(e *enc) { e.Float(f) }))
		if f == 0 || f != f || math.IsInf(f, 0) {
			continue
		}
		near := float64(math.Nextafter32(float32(f), 0))
		require.Equal(t, fmt.Sprintf("fa%08x", math.Float32bits(float32(near))), encoded(t, false, func(e *enc) { e.Float(near) }))
	}
}

// Keys stand in the order of their encodings: non-negative before negative, short before long.
func TestMapOrder(t *testing.T) {
	ints, names := map[int]bool{100: true, -1: true, 10: true}, map[string]int{"aa": 2, "z": 1}
	assert.Equal(t, "a3"+"0af5"+"1864f5"+"20f5", encoded(t, true, func(e *enc) { runner.EncMap(e, ints, runner.EncInt[int], (*enc).Bool) }))
	assert.Equal(t, "a2"+"617a01"+"62616102", encoded(t, true, func(e *enc) { encCounts(e, names) }))
	nan := map[float64]int{math.NaN(): 2, 1: 5, math.Float64frombits(0x7ff8000000000009): 1}
	text := encoded(t, true, func(e *enc) { runner.EncMap(e, nan, (*enc).Float, runner.EncInt[int]) })
	assert.Equal(t, "a3"+"f93c0005"+"f97e0001"+"f97e0002", text)
	decoded(t, text, func(d *dec) {
		m := runner.DecMap(d, (*dec).Float, runner.DecInt[int])
		keys, values := runner.Entries(runner.Callback(), m)
		assert.Len(t, keys, 3)
		assert.Equal(t, []int{1, 2, 5}, values)
	})
}

func TestNilAndEmptyDiffer(t *testing.T) {
	for _, graph := range []bool{false, true} {
		for want, xs := range map[string][]int{"f6": nil, "80": {}} {
			assert.Equal(t, want, encoded(t, graph, func(e *enc) { encInts(e, xs) }))
			decoded(t, want, func(d *dec) { assert.Equal(t, xs == nil, decInts(d) == nil) })
		}
		for want, b := range map[string][]byte{"f6": nil, "40": {}} {
			assert.Equal(t, want, encoded(t, graph, func(e *enc) { e.Bytes(b) }))
			decoded(t, want, func(d *dec) { assert.Equal(t, b == nil, d.Bytes() == nil) })
		}
		for want, m := range map[string]map[string]int{"f6": nil, "a0": {}} {
			assert.Equal(t, want, encoded(t, graph, func(e *enc) { encCounts(e, m) }))
			decoded(t, want, func(d *dec) { assert.Equal(t, m == nil, decCounts(d) == nil) })
		}
	}
}

func TestStringsThatAreNotUTF8(t *testing.T) {
	assert.Equal(t, "4261ff", encoded(t, false, func(e *enc) { e.String("a\xff") }))
	decoded(t, "4261ff", func(d *dec) { assert.Equal(t, "a\xff", d.String()) })
}

// 28 marks what is referred to later by 29; what is met once has no tag.
func TestSharing(t *testing.T) {
	n := &Node{1, &Node{2, nil}}
	n.next.next = n
	assert.Equal(t, "d81c"+"8201"+"8202"+"d81d00", encoded(t, true, func(e *enc) { runner.EncPtr(e, n, encNode) }))
	xs := []int{1, 2, 3}
	two := func(a, b []int) string {
		return encoded(t, true, func(e *enc) { encInts(e, a); encInts(e, b) })
	}
	assert.Equal(t, "83010203"+"8103", two(xs, []int{3}))
	assert.Equal(t, "d81c83010203"+"d81d00", two(xs, xs))
	window := "da0001447e84" // tag 83070, an array of four
	assert.Equal(t, "d81c83010203"+window+"d81d00"+"010202", two(xs, xs[1:]))
	assert.Equal(t, window+"d81c83010203"+"010202"+window+"d81d00"+"000202", two(xs[1:], xs[:2]))
	assert.Equal(t, "8101"+"820203", two(xs[:1], xs[1:]), "neighbours share nothing once they are clipped")
	b := []byte{7, 8}
	assert.Equal(t, "d81c420708"+window+"d81d00"+"010101", encoded(t, true, func(e *enc) { e.Bytes(b); e.Bytes(b[1:]) }))
	m := map[string]int{"a": 1}
	assert.Equal(t, "d81ca1616101"+"d81d00", encoded(t, true, func(e *enc) { encCounts(e, m); encCounts(e, m) }))
	decoded(t, window+"d81c83010203"+"010202"+window+"d81d00"+"000202", func(d *dec) {
		a, b := decInts(d), decInts(d)
		assert.Equal(t, []int{2, 3}, a)
		assert.Equal(t, []int{1, 2}, b)
		assert.Same(t, &a[0], &b[1])
		assert.Equal(t, 2, cap(a))
		assert.Equal(t, 2, cap(b))
	})
}

// A type that contains itself by slices alone.
type loop []loop

func encLoop(e *enc, l loop) { runner.EncList(e, l, encLoop) }
func decLoop(d *dec) loop    { return runner.DecList(d, decLoop) }

func TestCycleOfSlices(t *testing.T) {
	l := make(loop, 2)
	l[0], l[1] = l, l[1:]
	text := encoded(t, true, func(e *enc) { encLoop(e, l) })
	decoded(t, text, func(d *dec) {
		m := decLoop(d)
		require.Len(t, m, 2)
		assert.Same(t, &m[0], &m[0][0])
		assert.Same(t, &m[1], &m[1][0])
	})
}

// A field that a newer program does not know may hold what a known one refers to.
func TestReferenceIntoASkippedValue(t *testing.T) {
	// [ shared list of [shared node, shared node's successor], … ]: first item skipped, then references to its parts.
	inner := "d81c8202f6"         // number 1: Node{2, nil}
	outer := "81d81c8201" + inner // a list around number 0: Node{1, number 1}
	decoded(t, outer+"d81d01"+"d81d00", func(d *dec) {
		d.Skip()
		second := runner.DecPtr(d, decNode)
		first := runner.DecPtr(d, decNode)
		assert.Equal(t, 1, first.v)
		assert.Equal(t, 2, second.v)
		assert.Same(t, second, first.next)
	})
	decoded(t, outer+"d81d00"+"d81d01", func(d *dec) {
		d.Skip()
		first := runner.DecPtr(d, decNode)
		assert.Same(t, runner.DecPtr(d, decNode), first.next)
	})
}

func TestDecoderIsStrict(t *testing.T) {
	for text, read := range map[string]func(*dec){
		"1817":                        func(d *dec) { d.Uint() }, // 23 in two bytes
		"190017":                      func(d *dec) { d.Uint() },
		"1b00000000ffffffff":          func(d *dec) { d.Uint() },
		"fa3f800000":                  func(d *dec) { d.Float() }, // 1.0 in four bytes
		"fb3ff0000000000000":          func(d *dec) { d.Float() },
		"f97e01":                      func(d *dec) { d.Float() },  // another NaN
		"9fff":                        func(d *dec) { decInts(d) }, // indefinite length
		"a2010001":                    func(d *dec) { d.Skip() },
		"a203010101":                  func(d *dec) { d.Skip() }, // unsorted
		"a201010102":                  func(d *dec) { d.Skip() }, // twice the same key
		"61ff":                        func(d *dec) { _ = d.String() },
		"4161":                        func(d *dec) { _ = d.String() }, // UTF-8 as bytes
		"":                            func(d *dec) { d.Bool() },
		"00":                          func(d *dec) { d.Bool() },
		"f5f5":                        func(d *dec) { d.Bool() }, // left over
		"1bffffffffffffffff":          func(d *dec) { d.Int() },
		"190100":                      func(d *dec) { runner.DecUint[uint8](d) },
		"387f80":                      func(d *dec) { runner.DecInt[int8](d) },
		"9b00000fffffffffff00":        func(d *dec) { decInts(d) }, // a length beyond the input
		"5b00000fffffffffff00":        func(d *dec) { d.Bytes() },
		"d81d00":                      func(d *dec) { decInts(d) }, // reference to nothing
		"d81c80d81d01":                func(d *dec) { decInts(d); decInts(d) },
		"d81c80d81d00":                func(d *dec) { decInts(d); decCounts(d) }, // of another type
		"da0001447e8481010001" + "02": func(d *dec) { decInts(d) },               // window beyond its array
		"da0001447e8481010100" + "00": func(d *dec) { decInts(d); d.Bool() },
		"82666e6f77686572" + "65f6":   func(d *dec) { d.Any() },
		"8268" + "73656e74696e656c" + "61" + "58": func(d *dec) { d.Any() },
		"d903e9a2010028" + "1a3b9aca00":           func(d *dec) { d.Time() }, // 10^9 nanoseconds
		"f7":                                      func(d *dec) { d.Skip() }, // undefined
	} {
		b, err := hex.DecodeString(text)
		require.NoError(t, err)
		var fault *runner.DecodeError
		assert.ErrorAs(t, prog.Decode(b, read), &fault, text)
	}
}

func TestTimes(t *testing.T) {
	for _, x := range []time.Time{
		{}, time.Unix(0, 0).UTC(), time.Date(2026, 5, 1, 12, 0, 0, 123456789, time.UTC), time.Date(-400, 1, 1, 0, 0, 0, 1, time.UTC),
		time.Date(2026, 5, 1, 12, 0, 0, 0, time.FixedZone("CEST", 7200)),
	} {
		text := encoded(t, true, func(e *enc) { e.Time(x) })
		decoded(t, text, func(d *dec) {
			y := d.Time()
			assert.True(t, x.Equal(y))
			assert.Equal(t, x.String(), y.String())
			if x.Location() == time.UTC {
				assert.Equal(t, x, y)
			}
		})
	}
	assert.Equal(t, "d903e9a20100"+"2801", encoded(t, false, func(e *enc) { e.Time(time.Unix(0, 1).UTC()) }))
}

func any2(t *testing.T, v any) any {
	t.Helper()
	var got any
	decoded(t, encoded(t, true, func(e *enc) { e.Any(v) }), func(d *dec) { got = d.Any() })
	return got
}

func TestInterfaceValues(t *testing.T) {
	for _, v := range []any{
		nil, true, 7, int8(-8), int16(300), int32(-70000), int64(math.MinInt64), uint(7), uint8(255), uint16(1), uint32(2), uint64(math.MaxUint64),
		float32(0.1), 0.1, complex64(complex(1, 2)), complex(3, -4), "text", time.Duration(-5), time.Unix(7, 0).UTC(),
		[]byte{1}, []int{1, 2}, []int(nil), []float64{1.5}, []string{"a"}, []any{1, "x", nil, []any{}}, map[string]any{"k": []any{2.5}},
	} {
		assert.Equal(t, v, any2(t, v))
	}
	n := &Node{5, nil}
	both := any2(t, []any{n, n}).([]any)
	assert.Equal(t, n, both[0])
	assert.Same(t, both[0], both[1])
}

type custom struct{}

func (custom) Error() string { panic("the codec must not call this") }

func TestErrorsKeepTypeTextAndIdentity(t *testing.T) {
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, strconv.ErrSyntax, strconv.ErrRange, errors.ErrUnsupported, ErrFull} {
		assert.Same(t, err, any2(t, err))
	}
	_, parse := strconv.Atoi("x")
	_, date := time.Parse(time.DateOnly, "never")
	plain := errors.New("plain")
	for _, err := range []error{
		plain, fmt.Errorf("no verb %d", 1), parse, date, hex.InvalidByteError('x'),
		fmt.Errorf("a %w b", ErrFull), fmt.Errorf("%w and %w", io.EOF, plain), errors.Join(ErrFull, parse),
		fmt.Errorf("outer: %w", fmt.Errorf("inner: %w", parse)),
		&runner.Error{Code: "NotFound", Message: "m", Entity: "e", Method: "f", At: "g"},
	} {
		got := any2(t, err).(error)
		assert.Equal(t, err.Error(), got.Error())
		assert.Equal(t, reflect.TypeOf(err), reflect.TypeOf(got), "%v", err)
		for _, sentinel := range []error{ErrFull, io.EOF, strconv.ErrSyntax} {
			assert.Equal(t, errors.Is(err, sentinel), errors.Is(got, sentinel), "%v is %v", err, sentinel)
		}
	}
	var num *strconv.NumError
	require.ErrorAs(t, any2(t, fmt.Errorf("x: %w", parse)).(error), &num)
	assert.Equal(t, "Atoi", num.Func)
	both := any2(t, []any{plain, plain}).([]any)
	assert.Same(t, both[0], both[1])
}

func TestRuntimeErrorsKeepGoesMessage(t *testing.T) {
	raise := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	var xs []int
	var m map[string]int
	var x any = "s"
	for _, f := range []func(){
		func() { _ = xs[len(m)] }, func() { m["a"] = 1 }, func() { _ = x.(int) }, runner.NilDeref,
		func() { _ = 1 / len(xs) }, func() { _ = make([]int, len(xs)-1) }, func() { panic(nil) },
	} {
		v := raise(f)
		got, ok := any2(t, v).(runtime.Error)
		require.True(t, ok)
		assert.Equal(t, v.(error).Error(), got.Error())
		assert.Equal(t, fmt.Sprint("x", v, 1), fmt.Sprint("x", got, 1), "spaces depend on the kind")
		assert.Equal(t, got, any2(t, got))
	}
}

func TestWhatHasNoEncodingIsNamed(t *testing.T) {
	berlin := time.Date(2026, 1, 1, 0, 0, 0, 0, mustZone(t))
	for want, write := range map[string]func(*enc){
		"cannot encode a value of type *big.Int":           func(e *enc) { e.Any(big.NewInt(1)) },
		"cannot encode a value of type runner_test.custom": func(e *enc) { e.Any(custom{}) },
		"cannot encode a value of type chan int":           func(e *enc) { e.Any(make(chan int)) },
		"cannot encode a map whose keys hold pointers: they have no order": func(e *enc) {
			runner.EncMap(e, map[*Node]int{{}: 1}, func(e *enc, n *Node) { runner.EncPtr(e, n, encNode) }, runner.EncInt[int])
		},
		`cannot encode a time in the location "Zone": only UTC and fixed zones have an encoding`: func(e *enc) { e.Time(berlin) },
	} {
		for _, graph := range []bool{false, true} {
			_, err := prog.Encode(graph, write)
			assert.EqualError(t, err, want)
		}
	}
}

// mustZone makes a location with rules, without a database: two transitions in the format of RFC 8536.
func mustZone(t *testing.T) *time.Location {
	t.Helper()
	data := "TZif2" + strings.Repeat("\x00", 15) + strings.Repeat("\x00", 24)
	data += "TZif2" + strings.Repeat("\x00", 15)
	data += "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x08"
	data += "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x70\x00\x00\x00"
	data += "\x01\x00"
	data += "\x00\x00\x0e\x10\x00\x00" + "\x00\x00\x1c\x20\x01\x04"
	data += "CET\x00CST\x00\n\n"
	loc, err := time.LoadLocationFromTZData("Zone", []byte(data))
	require.NoError(t, err)
	return loc
}

// A list that is deeper than the codec allows is an error, not a dead process; any other can be read back, although it
// has more levels in the encoding: an array a node.
func TestNestingIsBounded(t *testing.T) {
	var list *Node
	for range 50_000 {
		list = &Node{1, list}
	}
	both := []*Node{list, list}
	for _, graph := range []bool{false, true} {
		b, err := prog.Encode(graph, func(e *enc) { runner.EncPtr(e, list, encNode) })
		require.NoError(t, err)
		var back *Node
		require.NoError(t, prog.Decode(b, func(d *dec) { back = runner.DecPtr(d, decNode) }))
		n := 0
		for ; back != nil; back = back.next {
			n++
		}
		require.Equal(t, 50_000, n)

		_, err = prog.Encode(graph, func(e *enc) { runner.EncPtr(e, &Node{1, list}, encNode) })
		assert.Equal(t, runner.Stop{Code: "LimitExceeded", Message: "levels of nesting: more than 50000"}, err)
		_, err = prog.Encode(graph, func(e *enc) { runner.EncList(e, both, func(e *enc, n *Node) { runner.EncPtr(e, n, encNode) }) })
		assert.Error(t, err)
	}
	deep := []byte(strings.Repeat("\x81", 1<<20))
	assert.EqualError(t, prog.Decode(deep, func(d *dec) { d.Skip() }), "byte 1048576: 1 items in 0 bytes")
	assert.ErrorContains(t, prog.Decode(append(deep, 1), func(d *dec) { decLoop(d) }), "nested more than 50000 levels deep")
}

// FuzzDec feeds bytes to every kind of decoder: it must give an error or a value that encodes to the same bytes.
func FuzzDec(f *testing.F) {
	seed := func(write func(*enc)) {
		b, err := prog.Encode(true, write)
		require.NoError(f, err)
		f.Add(b)
	}
	xs := []int{1, 2, 3}
	a := plainA(1, 2, 3)
	seed(func(e *enc) { tA.Enc(e, a) })
	list := []any{1, 2.5, "x", xs, xs[1:], ErrFull, fmt.Errorf("%w", io.EOF), time.Unix(1, 2).UTC(), nil}
	seed(func(e *enc) { e.Any(list) })
	seed(func(e *enc) { e.Panic(&runner.Panic{Val: "v", At: "a.go:1"}) })
	l := make(loop, 2)
	l[0], l[1] = l, l[1:]
	seed(func(e *enc) { encLoop(e, l) })
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, b, func(d *dec) any { return tA.Dec(d) }, nil)
		check(t, b, func(d *dec) any { return d.Panic() }, nil)
		check(t, b, func(d *dec) any { return d.Any() }, func(e *enc, v any) { e.Any(v) })
		check(t, b, func(d *dec) any { return decLoop(d) }, func(e *enc, v any) { encLoop(e, v.(loop)) })
	})
}

func check(t *testing.T, b []byte, read func(*dec) any, write func(*enc, any)) {
	var v any
	if err := prog.Decode(b, func(d *dec) { v = read(d) }); err != nil || write == nil {
		return
	}
	again, err := prog.Encode(true, func(e *enc) { write(e, v) })
	require.NoError(t, err)
	var w any
	require.NoError(t, prog.Decode(again, func(d *dec) { w = read(d) }))
	third, err := prog.Encode(true, func(e *enc) { write(e, w) })
	require.NoError(t, err)
	require.Equal(t, again, third, "what was decoded has one encoding")
}
