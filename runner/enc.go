// This file writes values as deterministic CBOR (RFC 8949, core deterministic encoding, section 4.2.1).

package runner

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
	"unicode/utf8"
)

// Major types of CBOR, in their place in an initial byte.
const (
	majorUint  = 0 << 5
	majorNeg   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	majorMap   = 5 << 5
	majorTag   = 6 << 5
	majorOther = 7 << 5
)

// Simple values and floats, as initial bytes.
const (
	simpleFalse = majorOther | 20
	simpleTrue  = majorOther | 21
	simpleNull  = majorOther | 22
	float16     = majorOther | 25
	float32b    = majorOther | 26
	float64b    = majorOther | 27
)

// Tags. Value sharing is https://cbor.schmorp.de/value-sharing; extended time is RFC 9581; a window is ours, from the
// range that needs no registration.
const (
	tagShareable = 28
	tagShared    = 29
	tagTime      = 1001
	tagWindow    = 83070 // [array, offset, length, capacity]: a slice that sees a part of an array
)

// maxNesting bounds how deeply lists, maps and pointers contain each other, so that no value overflows the stack. A
// linked list of more elements cannot be encoded.
const maxNesting = 50_000

// Enc encodes. Generated code calls its methods in a fixed order for each type; Dec reads in the same order.
//
// With Graph, slices, maps and pointers that are reached by several paths are written once. The same calls then run
// twice: a first pass writes nothing, but learns what is shared. Both passes must meet the same memory: code that makes a
// slice, map or pointer while it encodes is an error.
type Enc struct {
	Graph bool

	p      *Program
	t      *Thread // who pays; nil: nobody
	buf    []byte
	limit  int  // bytes; more is tooLong
	looked int  // items met in pass one, and bytes written to compare
	clip   bool // slices end at their length: what lies behind it is dropped
	depth  int
	inKey  bool
	share  sharing
}

// maxEncoded bounds what no limit of a request bounds, in bytes. A value that takes little memory may have a long
// encoding: two fields may hold the same thing, whose fields do …
const maxEncoded = 64 << 20

// newEnc makes an encoder that stops at maxEncoded.
func newEnc(p *Program) *Enc { return &Enc{p: p, limit: maxEncoded} }

// errTooLong says that an encoding passes its limit.
var errTooLong = errors.New("the encoding is too long")

// EncodeError says that a value has no encoding.
type EncodeError struct{ Why string }

// Error gives the reason.
func (e *EncodeError) Error() string { return "cannot encode " + e.Why }

func (e *Enc) fail(format string, args ...any) { panic(&EncodeError{fmt.Sprintf(format, args...)}) }

// encode runs write, twice where there is sharing to learn, and gives the bytes, which are valid until the next call.
// More than limit bytes are errTooLong.
func (e *Enc) encode(graph, clip bool, limit int, write func(*Enc)) ([]byte, error) {
	e.Graph, e.clip, e.buf, e.depth, e.inKey, e.limit, e.looked = graph, clip, e.buf[:0], 0, false, limit, 0
	err := e.attempt(func() {
		if graph {
			e.learn(write)
		}
		write(e)
	})
	if err == nil && len(e.buf) > limit {
		err = errTooLong
	}
	if err != nil {
		return nil, err
	}
	return e.buf, nil
}

// learn is pass one.
func (e *Enc) learn(write func(*Enc)) {
	e.share.begin()
	write(e)
	e.share.learned()
}

// attempt runs f, which encodes. What has no encoding is an [*EncodeError], what is nested too deeply a [Stop], what
// passes the limit errTooLong.
func (e *Enc) attempt(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
			return
		case *EncodeError:
			err = r
		case Stop:
			err = r
		case error:
			if r != errTooLong {
				panic(r)
			}
			err = r
		default:
			panic(r)
		}
		e.share.scan = false
	}()
	f()
	return nil
}

// Encode encodes what write writes, at most 64 MiB; with graph, what is shared stays shared.
func (p *Program) Encode(graph bool, write func(*Enc)) ([]byte, error) {
	return newEnc(p).encode(graph, true, maxEncoded, write)
}

// scanning says that this is the first pass: nothing is written.
func (e *Enc) scanning() bool { return e.share.scan }

// look counts an item that is met in pass one, where nothing written shows how long it takes.
func (e *Enc) look() {
	if e.looked++; e.looked/16 > e.limit {
		panic(errTooLong)
	}
}

// head writes an initial byte with its argument, in the shortest form.
func (e *Enc) head(major byte, n uint64) {
	if e.share.scan {
		e.look()
		return
	}
	if major >= majorBytes && major <= majorMap && n > uint64(e.limit) || len(e.buf) > e.limit {
		panic(errTooLong) // each item takes a byte, at least
	}
	switch {
	case n < 24:
		e.buf = append(e.buf, major|byte(n))
	case n <= math.MaxUint8:
		e.buf = append(e.buf, major|24, byte(n))
	case n <= math.MaxUint16:
		e.buf = append(e.buf, major|25, byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		e.buf = binary.BigEndian.AppendUint32(append(e.buf, major|26), uint32(n))
	default:
		e.buf = binary.BigEndian.AppendUint64(append(e.buf, major|27), n)
	}
}

func (e *Enc) bytes(b ...byte) {
	if e.share.scan {
		e.look()
		return
	}
	if len(e.buf) > e.limit {
		panic(errTooLong)
	}
	e.buf = append(e.buf, b...)
}

// Bool writes a boolean.
func (e *Enc) Bool(b bool) {
	if b {
		e.bytes(simpleTrue)
	} else {
		e.bytes(simpleFalse)
	}
}

// Int writes a signed integer.
func (e *Enc) Int(n int64) {
	if n >= 0 {
		e.head(majorUint, uint64(n))
	} else {
		e.head(majorNeg, uint64(^n))
	}
}

// Uint writes an unsigned integer.
func (e *Enc) Uint(n uint64) { e.head(majorUint, n) }

// Float writes a float in the shortest form that keeps its value; all NaNs are one.
func (e *Enc) Float(f float64) {
	if e.share.scan {
		e.look()
		return
	}
	if len(e.buf) > e.limit {
		panic(errTooLong)
	}
	if f != f {
		e.buf = append(e.buf, float16, 0x7e, 0x00)
		return
	}
	f32 := float32(f)
	if float64(f32) != f {
		e.buf = binary.BigEndian.AppendUint64(append(e.buf, float64b), math.Float64bits(f))
		return
	}
	if h, ok := toFloat16(f32); ok {
		e.buf = append(e.buf, float16, byte(h>>8), byte(h))
		return
	}
	e.buf = binary.BigEndian.AppendUint32(append(e.buf, float32b), math.Float32bits(f32))
}

// Float32 writes a float of 32 bits.
func (e *Enc) Float32(f float32) { e.Float(float64(f)) }

// Complex writes a complex number as an array of two floats.
func (e *Enc) Complex(c complex128) {
	e.Array(2)
	e.Float(real(c))
	e.Float(imag(c))
}

// String writes a text string, or a byte string if s is not UTF-8.
func (e *Enc) String(s string) {
	if e.share.scan {
		e.look()
		return
	}
	if len(s) > e.limit {
		panic(errTooLong)
	}
	if utf8.ValidString(s) {
		e.head(majorText, uint64(len(s)))
	} else {
		e.head(majorBytes, uint64(len(s)))
	}
	e.buf = append(e.buf, s...)
}

// Ref writes the key of a reference; "" is nil.
func (e *Enc) Ref(key string) { e.String(key) }

// Nil writes nil.
func (e *Enc) Nil() { e.bytes(simpleNull) }

// Array starts an array of n items.
func (e *Enc) Array(n int) { e.head(majorArray, uint64(n)) }

// Map starts a map of n pairs. Its keys must follow in the order of their encodings: shorter ones first, then by bytes.
func (e *Enc) Map(n int) { e.head(majorMap, uint64(n)) }

func (e *Enc) tag(n uint64) { e.head(majorTag, n) }

// Pc writes where a frame goes on.
func (e *Enc) Pc(pc int) { e.Int(int64(pc)) }

// Time writes a time as an extended time of RFC 9581: seconds since 1970, nanoseconds, and for fixed zones other than
// UTC their offset and name. A time in a zone with rules has no encoding: its rules are not part of the program.
func (e *Enc) Time(t time.Time) {
	name, offset := t.Zone()
	_, end := t.ZoneBounds()
	utc := t.Location() == time.UTC
	if start, _ := t.ZoneBounds(); !utc && !(start.IsZero() && end.IsZero()) {
		e.fail("a time in the location %q: only UTC and fixed zones have an encoding", t.Location())
	}
	e.tag(tagTime)
	if utc {
		e.Map(2)
	} else {
		e.Map(3)
	}
	e.Int(1)
	e.Int(t.Unix())
	e.Int(-9)
	e.Int(int64(t.Nanosecond()))
	if !utc {
		e.Int(-10)
		e.Array(2)
		e.Int(int64(offset))
		e.String(name)
	}
}

// Panic writes a panic slot.
func (e *Enc) Panic(p *Panic) {
	if p == nil {
		e.Nil()
		return
	}
	e.Array(4)
	e.Any(p.Val)
	e.String(p.At)
	e.String(p.Entity)
	e.String(p.Method)
}

// enter starts a value that contains others.
func (e *Enc) enter() {
	if e.depth++; e.depth > maxNesting {
		panic(exceeded("levels of nesting", maxNesting))
	}
}

func (e *Enc) leave() { e.depth-- }

// unknown refuses a value of a type that the program does not declare.
func (e *Enc) unknown(v any) { e.fail("a value of type %s", reflect.TypeOf(v)) }

// toFloat16 gives the half-precision form of f, if it keeps the value.
func toFloat16(f float32) (uint16, bool) {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	exp := int(b>>23&0xff) - 127
	frac := b & 0x7fffff
	switch {
	case exp == 128: // infinity: NaN was dealt with
		return sign | 0x7c00, true
	case f == 0:
		return sign, true
	case exp >= -14 && exp <= 15 && frac&0x1fff == 0:
		return sign | uint16(exp+15)<<10 | uint16(frac>>13), true
	case exp >= -24 && exp < -14: // a subnormal: the value is a multiple of 2^-24
		full := frac | 0x800000
		shift := uint(-1 - exp) // 23 bits of fraction at 2^exp, 0 of them at 2^-24
		if full&(1<<shift-1) == 0 {
			return sign | uint16(full>>shift), true
		}
	}
	return 0, false
}

// fromFloat16 is its inverse.
func fromFloat16(h uint16) float64 {
	exp, frac := int(h>>10&0x1f), float64(h&0x3ff)
	var v float64
	switch exp {
	case 0:
		v = math.Ldexp(frac, -24)
	case 31:
		if frac != 0 {
			return math.NaN()
		}
		v = math.Inf(1)
	default:
		v = math.Ldexp(1024+frac, exp-25)
	}
	if h&0x8000 != 0 {
		v = -v
	}
	return v
}
