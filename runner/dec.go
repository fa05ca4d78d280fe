// This file reads deterministic CBOR, strictly.

package runner

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// maxDecoded bounds the memory that decoding one input may take, in bytes.
const maxDecoded = 256 << 20

// Dec decodes. It accepts only what Enc writes: shortest forms, definite lengths, sorted maps. Its methods panic with
// what [Program.Decode] turns into a [*DecodeError].
type Dec struct {
	p     *Program
	b     []byte
	i     int
	depth int
	room  int // bytes that may still be allocated

	shared []any       // by number; *skipped for what an unknown field contained
	at     map[int]int // byte where a skipped shareable value starts → its number
}

// skipped is a shareable value inside something that was skipped: it is decoded when it is first referred to.
type skipped struct{ start int }

// DecodeError says why bytes are not an encoding.
type DecodeError struct {
	At  int // byte
	Why string
}

// Error gives place and reason.
func (e *DecodeError) Error() string { return fmt.Sprintf("byte %d: %s", e.At, e.Why) }

func (d *Dec) fail(format string, args ...any) {
	panic(&DecodeError{At: d.i, Why: fmt.Sprintf(format, args...)})
}

// Decode reads b, which read must use up. First the whole input is checked to be well-formed and deterministic.
func (p *Program) Decode(b []byte, read func(*Dec)) error {
	skipAll := func(d *Dec) {
		for d.i < len(b) {
			d.Skip()
		}
	}
	if err := p.read(b, skipAll); err != nil {
		return err
	}
	return p.read(b, read)
}

// read is Decode without the check, for bytes that were just made.
func (p *Program) read(b []byte, read func(*Dec)) (err error) {
	d := &Dec{p: p, b: b, room: maxDecoded}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *DecodeError:
			err = r
		case error: // a run-time error in the codec of a damaged type
			err = &DecodeError{At: d.i, Why: r.Error()}
		default:
			panic(r)
		}
	}()
	read(d)
	if d.i != len(b) {
		d.fail("%d bytes left over", len(b)-d.i)
	}
	return nil
}

func (d *Dec) enter() {
	if d.depth++; d.depth > maxNesting {
		d.fail("nested more than %d levels deep", maxNesting)
	}
}

func (d *Dec) leave() { d.depth-- }

// reserve counts n values of a size against the bound, and gives n back.
func (d *Dec) reserve(n int, size uintptr) int {
	if size > 0 && n > d.room/int(size) {
		d.fail("more than %d bytes of memory", maxDecoded)
	}
	d.room -= n * int(size)
	return n
}

func (d *Dec) peek() byte {
	if d.i >= len(d.b) {
		d.fail("unexpected end")
	}
	return d.b[d.i]
}

// take reads n raw bytes.
func (d *Dec) take(n int) []byte {
	if n > len(d.b)-d.i {
		d.fail("unexpected end")
	}
	b := d.b[d.i : d.i+n]
	d.i += n
	return b
}

// head reads an initial byte with its argument, which must be in the shortest form.
func (d *Dec) head() (major byte, n uint64) {
	b := d.peek()
	d.i++
	major, n = b&0xe0, uint64(b&0x1f)
	if n < 24 {
		return major, n
	}
	var least uint64
	switch n {
	case 24:
		n, least = uint64(d.take(1)[0]), 24
	case 25:
		n, least = uint64(binary.BigEndian.Uint16(d.take(2))), 1<<8
	case 26:
		n, least = uint64(binary.BigEndian.Uint32(d.take(4))), 1<<16
	case 27:
		n, least = binary.BigEndian.Uint64(d.take(8)), 1<<32
	default:
		d.fail("initial byte %#x is not supported", b)
	}
	if n < least {
		d.fail("argument %d is not in its shortest form", n)
	}
	return major, n
}

var majorNames = [8]string{"an unsigned integer", "a negative integer", "a byte string", "a text string", "an array", "a map", "a tag", "a simple value"}

func (d *Dec) want(major byte) uint64 {
	if got := d.peek() & 0xe0; got != major {
		d.fail("%s, not %s", majorNames[got>>5], majorNames[major>>5])
	}
	_, n := d.head()
	return n
}

// count reads the head of an array, map or string whose items take at least size bytes each.
func (d *Dec) count(major byte, size int) int {
	n := d.want(major)
	if n > uint64((len(d.b)-d.i)/size) {
		d.fail("%d items in %d bytes", n, len(d.b)-d.i)
	}
	return int(n)
}

// Bool reads a boolean.
func (d *Dec) Bool() bool {
	switch d.peek() {
	case simpleFalse:
		d.i++
		return false
	case simpleTrue:
		d.i++
		return true
	}
	d.fail("not a boolean")
	return false
}

// Int reads a signed integer.
func (d *Dec) Int() int64 {
	major, n := d.head()
	if major > majorNeg {
		d.fail("%s, not an integer", majorNames[major>>5])
	}
	if n > math.MaxInt64 {
		d.fail("integer out of range")
	}
	if major == majorNeg {
		return ^int64(n)
	}
	return int64(n)
}

// Uint reads an unsigned integer.
func (d *Dec) Uint() uint64 { return d.want(majorUint) }

// Float reads a float.
func (d *Dec) Float() float64 {
	start := d.i
	var f float64
	switch d.peek() {
	case float16:
		d.i++
		f = fromFloat16(binary.BigEndian.Uint16(d.take(2)))
	case float32b:
		d.i++
		f = float64(math.Float32frombits(binary.BigEndian.Uint32(d.take(4))))
	case float64b:
		d.i++
		f = math.Float64frombits(binary.BigEndian.Uint64(d.take(8)))
	default:
		d.fail("not a float")
	}
	var short Enc
	if short.Float(f); !bytes.Equal(short.buf, d.b[start:d.i]) {
		d.fail("a float that is not in its shortest form")
	}
	return f
}

// Float32 reads a float of 32 bits.
func (d *Dec) Float32() float32 {
	f := d.Float()
	if f == f && float64(float32(f)) != f {
		d.fail("%v is not a float of 32 bits", f)
	}
	return float32(f)
}

// Complex reads a complex number.
func (d *Dec) Complex() complex128 {
	d.ArrayOf(2)
	re := d.Float()
	return complex(re, d.Float())
}

// String reads a string.
func (d *Dec) String() string {
	major := d.peek() & 0xe0
	if major != majorBytes {
		major = majorText
	}
	b := d.take(d.count(major, 1))
	d.reserve(len(b), 1)
	if utf8.Valid(b) != (major == majorText) {
		d.fail("text that is not UTF-8, or bytes that are")
	}
	return string(b)
}

// Ref reads the key of a reference; "" is nil.
func (d *Dec) Ref() string { return d.String() }

// Nil says whether the next value is nil, and if so reads it.
func (d *Dec) Nil() bool {
	if d.peek() != simpleNull {
		return false
	}
	d.i++
	return true
}

// Array reads the head of an array and gives the number of its items.
func (d *Dec) Array() int { return d.count(majorArray, 1) }

// ArrayOf reads the head of an array that must have n items.
func (d *Dec) ArrayOf(n int) {
	if got := d.Array(); got != n {
		d.fail("an array of %d items, not %d", got, n)
	}
}

// Map reads the head of a map and gives the number of its pairs.
func (d *Dec) Map() int { return d.count(majorMap, 2) }

// Key reads a field's name.
func (d *Dec) Key() string { return d.String() }

// Pc reads where a frame goes on.
func (d *Dec) Pc() int {
	n := d.Int()
	if n < Done || n > math.MaxInt32 {
		d.fail("continuation %d", n)
	}
	return int(n)
}

// Time reads a time.
func (d *Dec) Time() time.Time {
	if d.tag() != tagTime {
		d.fail("not a time")
	}
	pairs := d.Map()
	field := func(key int64) {
		if got := d.Int(); got != key {
			d.fail("field %d in a time", got)
		}
	}
	field(1)
	seconds := d.Int()
	field(-9)
	nanos := d.Uint()
	if nanos > 999_999_999 || pairs < 2 || pairs > 3 {
		d.fail("not a time")
	}
	t := time.Unix(seconds, int64(nanos)).UTC()
	if pairs == 3 {
		field(-10)
		d.ArrayOf(2)
		offset := d.Int()
		if offset < -1<<20 || offset > 1<<20 {
			d.fail("zone %d seconds from UTC", offset)
		}
		t = t.In(time.FixedZone(d.String(), int(offset)))
	}
	return t
}

// Panic reads a panic slot.
func (d *Dec) Panic() *Panic {
	if d.Nil() {
		return nil
	}
	d.ArrayOf(4)
	p := &Panic{Val: d.Any(), At: d.String(), Entity: d.String(), Method: d.String()}
	if p.Val == nil {
		d.fail("a panic without a value")
	}
	return p
}

func (d *Dec) isTag(want uint64) bool {
	if d.peek()&0xe0 != majorTag {
		return false
	}
	i := d.i
	got := d.tag()
	d.i = i
	return got == want
}

func (d *Dec) tag() uint64 { return d.want(majorTag) }

// shareable reads a value that may be a shared one. For one that is written here it calls first with the number that
// the value must be defined under, as soon as it exists (-1: none); for a reference it calls again with the value.
func (d *Dec) shareable(first func(slot int), again func(any) bool) {
	switch start := d.i; {
	case d.isTag(tagShareable):
		d.tag()
		slot, known := d.at[start]
		if !known {
			slot = len(d.shared)
			d.shared = append(d.shared, nil)
		} else if _, waits := d.shared[slot].(*skipped); !waits && d.shared[slot] != nil {
			d.Skip() // inside a skipped value, and decoded already by a reference to it alone
			if !again(d.shared[slot]) {
				d.fail("reference to a value of another type")
			}
			return
		}
		first(slot)
	case d.isTag(tagShared):
		d.tag()
		n := d.Uint()
		if n >= uint64(len(d.shared)) {
			d.fail("reference to a value that comes later")
		}
		if s, ok := d.shared[n].(*skipped); ok {
			end := d.i
			d.i, d.shared[n] = s.start, nil
			d.shareable(first, again)
			d.i = end
			return
		}
		if !again(d.shared[n]) {
			d.fail("reference to a value of another type")
		}
	default:
		first(-1)
	}
}

// define makes a value the target of references.
func (d *Dec) define(slot int, v any) {
	if slot >= 0 {
		d.shared[slot] = v
	}
}

// container is an array, map or tag that Skip is inside of.
type container struct {
	left  int // values to come; of a map, keys and values
	isMap bool
	key   int    // where the map's present key starts
	last  []byte // the key before it
}

// Skip reads any value and drops it. It needs no Go stack: a state may have more levels here than it had for Enc, which
// does not count structs.
func (d *Dec) Skip() {
	var room [16]container
	in := room[:0]
	for {
		if c := d.skipHead(); c.left > 0 {
			in = append(in, c)
			continue
		}
		for len(in) > 0 && d.passed(&in[len(in)-1]) {
			in = in[:len(in)-1]
		}
		if len(in) == 0 {
			return
		}
	}
}

// skipHead reads a value, or the head of one that contains others.
func (d *Dec) skipHead() container {
	start := d.i
	switch major := d.peek() & 0xe0; major {
	case majorUint, majorNeg:
		d.head()
	case majorBytes, majorText:
		_ = d.stringBytes()
	case majorArray:
		return container{left: d.Array()}
	case majorMap:
		n := d.Map()
		return container{left: 2 * n, isMap: true, key: d.i}
	case majorTag:
		d.skipTag(start)
		return container{left: 1}
	default:
		switch b := d.peek(); b {
		case simpleFalse, simpleTrue, simpleNull:
			d.i++
		default:
			d.Float()
		}
	}
	return container{}
}

// passed notes that a value inside c has been read. It says whether that was the last one.
func (d *Dec) passed(c *container) bool {
	c.left--
	switch {
	case !c.isMap:
	case c.left%2 == 0: // a value
		c.key = d.i
	default:
		this := d.b[c.key:d.i]
		if order := bytes.Compare(c.last, this); c.last != nil && (order > 0 || order == 0 && !bytes.Contains(this, encodedNaN)) {
			d.fail("map key at byte %d out of order", c.key)
		}
		c.last = this
	}
	return c.left == 0
}

// stringBytes reads a byte or text string; text must be UTF-8.
func (d *Dec) stringBytes() []byte {
	major := d.peek() & 0xe0
	b := d.take(d.count(major, 1))
	if major == majorText && !utf8.Valid(b) {
		d.fail("text that is not UTF-8")
	}
	return b
}

// encodedNaN is in every map key that may stand more than once.
var encodedNaN = []byte{float16, 0x7e, 0x00}

// skipTag reads a tag; a shareable value gets its number although it is dropped.
func (d *Dec) skipTag(start int) {
	if d.tag() != tagShareable {
		return
	}
	if _, known := d.at[start]; !known {
		if d.at == nil {
			d.at = map[int]int{}
		}
		d.at[start] = len(d.shared)
		d.shared = append(d.shared, &skipped{start})
	}
}
