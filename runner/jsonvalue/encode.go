// This file writes values as JSON.

package jsonvalue

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"github.com/stateful-entities/sfc/runner"
)

// Result writes a value as clients see results: unexported fields are hidden, at every depth. It fails if the text is
// longer than limit bytes, is nested deeper than MaxDepth, or a marshaller of the program fails.
func (c *Codec) Result(v any, limit int) ([]byte, error) {
	return c.encode(v, limit, false)
}

// State writes a state, a pointer to a struct, as clients see it: an object of its fields, whatever methods it has from
// what it embeds, with unexported fields at every depth. The errors are Result's.
func (c *Codec) State(v any, limit int) ([]byte, error) {
	return c.encode(v, limit, true)
}

func (c *Codec) encode(v any, limit int, all bool) (text []byte, err error) {
	e := c.encoder(limit, all)
	defer func() {
		p := recover()
		stop, stopped := runner.TakeStop()
		switch {
		case stopped: // whether the marshaller's caller swallowed it or not
			text, err = nil, &Error{Problem: "a JSON marshaller: " + stop.Message, TooLong: true}
		case p != nil:
			failed, ours := p.(*Error)
			if !ours { // a marshaller of the program panicked
				failed = &Error{Problem: fmt.Sprintf("a JSON marshaller panicked: %v", p)}
			}
			text, err = nil, failed
		}
	}()
	x := reflect.ValueOf(v)
	switch {
	case v == nil:
		return []byte("null"), nil
	case e.all && x.Kind() == reflect.Pointer && !x.IsNil() && x.Elem().Kind() == reflect.Struct:
		e.enclose(place{x.UnsafePointer(), 0, x.Type()}, func() { e.structure(x.Elem(), true) })
	default:
		e.value(x, false)
	}
	e.check()
	text = append(make([]byte, 0, len(e.buf)), e.buf...)
	c.release(e)
	return text, nil
}

// encoder gives one to use.
func (c *Codec) encoder(limit int, all bool) *encoder {
	e, again := c.encoders.Get().(*encoder)
	if !again {
		e = &encoder{c: c, open: map[place]int{}}
	}
	e.limit, e.all, e.buf = limit, all, e.buf[:0]
	return e
}

// release takes back one that has not failed, unless its buffer is a rare size.
func (c *Codec) release(e *encoder) {
	if cap(e.buf) <= 64<<10 {
		c.encoders.Put(e)
	}
}

// place identifies memory that a value encloses: cycles run through pointers, slices and maps only.
type place struct {
	at  unsafe.Pointer
	len int
	typ reflect.Type
}

type encoder struct {
	c     *Codec
	all   bool // unexported fields too
	limit int
	buf   []byte
	level int           // open objects and arrays
	depth int           // those, pointers and interfaces
	open  map[place]int // what is being written, with the level outside of it
}

func (e *encoder) fail(format string, args ...any) {
	panic(&Error{Problem: fmt.Sprintf(format, args...)})
}

// exceed fails for a value that is too long or too deep.
func (e *encoder) exceed(format string, args ...any) {
	panic(&Error{Problem: fmt.Sprintf(format, args...), TooLong: true})
}

func (e *encoder) check() {
	if len(e.buf) > e.limit {
		e.exceed("the JSON text passes %d bytes", e.limit)
	}
}

// maxValues is how many values may be inside each other, pointers and interfaces, which show no nesting, included.
const maxValues = 6 * MaxDepth

// value writes v. addressable says whether v is addressable in the eyes of encoding/json: only then marshallers with
// pointer receivers apply.
func (e *encoder) value(v reflect.Value, addressable bool) {
	if e.depth++; e.depth > maxValues {
		e.exceed("the value is nested deeper than %d", maxValues)
	}
	e.check()
	e.write(v, addressable)
	e.depth--
}

func (e *encoder) write(v reflect.Value, addressable bool) {
	t := v.Type()
	switch voice := e.c.voiceOf(t); {
	case t.Kind() == reflect.Interface:
		e.inside(v)
		return
	case voice == speaksAsRef:
		e.ref(v.Interface().(runner.Ref))
		return
	case (voice == speaks || voice == speaksByPointer && addressable) && e.marshalled(v, addressable):
		return
	}
	switch t.Kind() {
	case reflect.Bool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.buf = strconv.AppendInt(e.buf, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		e.buf = strconv.AppendUint(e.buf, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		e.float(v)
	case reflect.String:
		e.string(v.String())
	case reflect.Pointer:
		e.pointer(v)
	case reflect.Slice:
		e.slice(v)
	case reflect.Array:
		e.elements(v, addressable)
	case reflect.Map:
		e.mapping(v)
	case reflect.Struct:
		e.structure(v, addressable)
	default:
		e.fail("JSON has no form for a value of type %s", t)
	}
}

func (e *encoder) ref(r runner.Ref) {
	switch key := r.RefKey(); {
	case key == "":
		e.buf = append(e.buf, "null"...)
	case r.EntityType().IntKey:
		e.buf = append(e.buf, key...)
	default:
		e.string(key)
	}
}

// inside writes what an interface holds.
func (e *encoder) inside(v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	if err, isError := v.Interface().(error); isError {
		e.string(err.Error())
		return
	}
	e.value(v.Elem(), false)
}

// voice says who writes the values of a type.
type voice uint8

const (
	silent          voice = iota // this package
	speaksAsRef                  // it is a reference
	speaks                       // its own methods
	speaksByPointer              // those of its pointer, where encoding/json would take the address
)

// voiceOf gives a type's voice; to find it out takes longer than most values take to write.
func (c *Codec) voiceOf(t reflect.Type) voice {
	if v, ok := c.voices.Load(t); ok {
		return v.(voice)
	}
	v := silent
	switch p := reflect.PointerTo(t); {
	case t.Kind() == reflect.Interface:
	case t.Implements(refType):
		v = speaksAsRef
	case t.Implements(jsonMarshaler) || t.Implements(textMarshaler):
		v = speaks
	case t.Kind() != reflect.Pointer && (p.Implements(jsonMarshaler) || p.Implements(textMarshaler)):
		v = speaksByPointer
	}
	c.voices.Store(t, v)
	return v
}

// marshalled writes a value whose type marshals itself.
func (e *encoder) marshalled(v reflect.Value, addressable bool) bool {
	t := v.Type()
	if t.Kind() == reflect.Pointer && v.IsNil() {
		return false
	}
	if addressable && t.Kind() != reflect.Pointer && v.CanAddr() {
		if p := reflect.PointerTo(t); p.Implements(jsonMarshaler) || p.Implements(textMarshaler) {
			v = v.Addr()
		}
	}
	switch m := v.Interface().(type) {
	case json.Marshaler:
		text, err := m.MarshalJSON()
		if err != nil {
			e.fail("MarshalJSON of %s: %v", t, err)
		}
		var b bytes.Buffer
		if err := json.Compact(&b, text); err != nil {
			e.fail("MarshalJSON of %s: %v", t, err)
		}
		e.buf = append(e.buf, b.Bytes()...)
	case encoding.TextMarshaler:
		text, err := m.MarshalText()
		if err != nil {
			e.fail("MarshalText of %s: %v", t, err)
		}
		e.string(string(text))
	default:
		return false
	}
	return true
}

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// string writes text as encoding/json does, without its escapes for HTML.
func (e *encoder) string(s string) {
	if !isPlain(s) {
		e.buf = append(e.buf, quote(s)...)
		return
	}
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, s...)
	e.buf = append(e.buf, '"')
}

// isPlain says whether text has no byte that JSON may want escaped: printable ASCII without the quote and the backslash.
// It looks at eight bytes at once, since most of a result is text.
func isPlain(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080 // of each byte
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		quote, backslash := x^ones*'"', x^ones*'\\' // a byte of them is zero
		low := (x - ones*' ') | (quote - ones) | (backslash - ones)
		if (low|x|(x+ones))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func quote(s string) []byte {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(s); err != nil {
		panic(err) // a string always has a form
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (e *encoder) float(v reflect.Value) {
	switch f := v.Float(); {
	case math.IsNaN(f):
		e.string("NaN")
	case math.IsInf(f, 1):
		e.string("+Inf")
	case math.IsInf(f, -1):
		e.string("-Inf")
	default:
		x := any(f)
		if v.Kind() == reflect.Float32 {
			x = float32(f)
		}
		text, err := json.Marshal(x)
		if err != nil {
			panic(err) // a finite number always has a form
		}
		e.buf = append(e.buf, text...)
	}
}

// enclose runs body inside a pointer, slice or map, or writes that it is inside of it already.
func (e *encoder) enclose(p place, body func()) {
	if outside, again := e.open[p]; again {
		e.buf = fmt.Appendf(e.buf, `{"$cycle":%d}`, e.level-outside)
		return
	}
	e.open[p] = e.level
	body()
	delete(e.open, p)
}

func (e *encoder) pointer(v reflect.Value) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return
	}
	e.enclose(place{v.UnsafePointer(), 0, v.Type()}, func() { e.value(v.Elem(), true) })
}

func (e *encoder) slice(v reflect.Value) {
	switch {
	case v.IsNil():
		e.buf = append(e.buf, "null"...)
	case isBytes(v.Type()):
		e.buf = append(e.buf, '"')
		e.buf = base64.StdEncoding.AppendEncode(e.buf, v.Bytes())
		e.buf = append(e.buf, '"')
	case v.Len() == 0:
		e.buf = append(e.buf, "[]"...)
	default:
		e.enclose(place{v.UnsafePointer(), v.Len(), v.Type()}, func() { e.elements(v, true) })
	}
}

// isBytes says whether a slice type is written in base64: its elements are bytes without a form of their own.
func isBytes(t reflect.Type) bool {
	p := reflect.PointerTo(t.Elem())
	return t.Elem().Kind() == reflect.Uint8 && !p.Implements(jsonMarshaler) && !p.Implements(textMarshaler)
}

// begin opens an object or array, end closes it.
func (e *encoder) begin(c byte) {
	if e.level++; e.level > MaxDepth {
		e.exceed("the value is nested deeper than %d", MaxDepth)
	}
	e.buf = append(e.buf, c)
}

func (e *encoder) end(c byte) {
	e.level--
	e.buf = append(e.buf, c)
}

func (e *encoder) comma(first bool) {
	if !first {
		e.buf = append(e.buf, ',')
	}
}

func (e *encoder) elements(v reflect.Value, addressable bool) {
	e.begin('[')
	for i := range v.Len() {
		e.comma(i == 0)
		e.value(v.Index(i), addressable)
	}
	e.end(']')
}

// structure writes a struct. It works on an addressable copy if it has to, to get at unexported fields.
func (e *encoder) structure(v reflect.Value, addressable bool) {
	if !v.CanAddr() {
		at := reflect.New(v.Type()).Elem()
		at.Set(v)
		v = at
	}
	e.begin('{')
	first := true
	for _, f := range e.c.fieldsOf(v.Type(), e.all) {
		x, ok := reach(v, f.index)
		if !ok || f.omitEmpty && isEmpty(x) || f.omitZero && isZero(x) {
			continue
		}
		e.comma(first)
		first = false
		e.buf = append(e.buf, f.key...)
		e.fieldValue(x, f.quoted, addressable || len(f.index) > 1 && throughPointer(v.Type(), f.index))
	}
	e.end('}')
}

// fieldValue writes a field's value; quoted puts it into a string, as the tag option asks.
func (e *encoder) fieldValue(x reflect.Value, quoted, addressable bool) {
	if !quoted || x.Kind() == reflect.Pointer && x.IsNil() {
		e.value(x, addressable)
		return
	}
	start := len(e.buf)
	e.value(x, addressable)
	if text := string(e.buf[start:]); text[0] != '"' || x.Kind() == reflect.String {
		e.buf = append(e.buf[:start], quote(text)...)
	}
}

// reach follows an index path to a field, unexported ones included; false if an embedded pointer on it is nil.
func reach(v reflect.Value, index []int) (reflect.Value, bool) {
	for n, i := range index {
		if n > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		f := v.Field(i)
		// An unexported field is read-only to reflect, its methods closed. The address opens it; nothing is written.
		v = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	}
	return v, true
}

func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return true
		}
		return z.IsZero()
	}
	if v.CanAddr() {
		if z, ok := v.Addr().Interface().(interface{ IsZero() bool }); ok {
			return z.IsZero()
		}
	}
	return v.IsZero()
}

func (e *encoder) mapping(v reflect.Value) {
	switch {
	case v.IsNil():
		e.buf = append(e.buf, "null"...)
	case textKey(v.Type().Key()):
		e.enclose(place{v.UnsafePointer(), 0, v.Type()}, func() { e.object(v) })
	default:
		e.enclose(place{v.UnsafePointer(), 0, v.Type()}, func() { e.pairs(v) })
	}
}

// textKey says whether a map with such keys is a JSON object.
func textKey(t reflect.Type) bool {
	if t.Kind() == reflect.Interface {
		return false
	}
	k := t.Kind()
	return k == reflect.String || t.Implements(textMarshaler) || k >= reflect.Int && k <= reflect.Uintptr
}

func keyText(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String { // references too
		return k.String(), nil
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	if k.CanInt() {
		return strconv.FormatInt(k.Int(), 10), nil
	}
	return strconv.FormatUint(k.Uint(), 10), nil
}

func (e *encoder) object(v reflect.Value) {
	type entry struct {
		name  string
		value reflect.Value
	}
	var entries []entry
	for it := v.MapRange(); it.Next(); {
		name, err := keyText(it.Key())
		if err != nil {
			e.fail("MarshalText of %s: %v", v.Type().Key(), err)
		}
		entries = append(entries, entry{name, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	e.begin('{')
	for i, x := range entries {
		e.comma(i == 0)
		e.string(x.name)
		e.buf = append(e.buf, ':')
		e.value(x.value, false)
	}
	e.end('}')
}

// pairs writes a map whose keys have no text as [[key, value], …]: false before true, numbers by value with NaN first,
// other keys by their JSON text.
func (e *encoder) pairs(v reflect.Value) {
	type entry struct {
		key        reflect.Value
		text, rest []byte
	}
	var entries []entry
	start := len(e.buf)
	e.begin('[')
	for it := v.MapRange(); it.Next(); {
		e.begin('[')
		at := len(e.buf)
		e.value(it.Key(), false)
		text := slices.Clone(e.buf[at:])
		at = len(e.buf)
		e.buf = append(e.buf, ',')
		e.value(it.Value(), false)
		e.end(']')
		entries = append(entries, entry{it.Key(), text, slices.Clone(e.buf[at:])})
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(compareNumbers(a.key, b.key), bytes.Compare(a.text, b.text), bytes.Compare(a.rest, b.rest))
	})
	e.buf = append(e.buf[:start], '[')
	for i, x := range entries {
		e.comma(i == 0)
		e.buf = append(e.buf, '[')
		e.buf = append(append(e.buf, x.text...), x.rest...)
	}
	e.end(']')
}

func compareNumbers(a, b reflect.Value) int {
	if a.CanFloat() {
		return cmp.Compare(a.Float(), b.Float())
	}
	return 0 // false sorts before true as text already
}
