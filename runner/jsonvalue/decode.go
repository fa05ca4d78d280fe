// This file reads values from JSON, strictly.

package jsonvalue

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stateful-entities/sfc/runner"
)

// Decode reads one JSON value into the variable that into points to. name is what errors call the value. A field
// that the type does not have, another type than wanted, a number out of range and anything after the value are
// errors (*Error) that name the place.
func (c *Codec) Decode(text []byte, name string, into any) error {
	return c.read(text, func(d *decoder) {
		d.within(name, func() { d.value(reflect.ValueOf(into).Elem()) })
	})
}

func (c *Codec) read(text []byte, body func(*decoder)) (err error) {
	if !utf8.Valid(text) {
		return &Error{Problem: "the text is not valid UTF-8"}
	}
	var whole json.RawMessage // checks syntax, nesting and that nothing follows
	if err := json.Unmarshal(text, &whole); err != nil {
		return &Error{Problem: "invalid JSON: " + syntax(err)}
	}
	d := &decoder{c: c, json: reader{text: text}}
	defer func() {
		p := recover()
		stop, stopped := runner.TakeStop()
		switch {
		case stopped: // whether the unmarshaller's caller swallowed it or not
			err = &Error{Path: d.where(), Problem: "cannot be read: " + stop.Message}
		case p != nil:
			failed, ours := p.(*Error)
			if !ours { // an unmarshaller of the program panicked
				failed = &Error{Path: d.where(), Problem: fmt.Sprintf("cannot be read: %v", p)}
			}
			err = failed
		}
	}()
	body(d)
	return nil
}

func syntax(err error) string {
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return fmt.Sprintf("%v at byte %d", err, s.Offset)
	}
	return err.Error()
}

type decoder struct {
	c    *Codec
	json reader
	path []string
}

func (d *decoder) fail(format string, args ...any) {
	panic(&Error{Path: d.where(), Problem: fmt.Sprintf(format, args...)})
}

func (d *decoder) where() string { return strings.TrimPrefix(strings.Join(d.path, ""), ".") }

// within runs body one step further down the path.
func (d *decoder) within(step string, body func()) {
	d.path = append(d.path, step)
	body()
	d.path = d.path[:len(d.path)-1]
}

func (d *decoder) token() json.Token { return d.json.token() }

func (d *decoder) name() string { return d.token().(string) }

// describe says what a token is, shortened.
func describe(t json.Token) string {
	switch x := t.(type) {
	case json.Delim:
		if x == '[' {
			return "an array"
		}
		return "an object"
	case string:
		if len(x) > 40 {
			return "a string of " + strconv.Itoa(len(x)) + " bytes"
		}
		return strconv.Quote(x)
	case nil:
		return "null"
	case json.Number:
		if len(x) > 40 {
			return "a number of " + strconv.Itoa(len(x)) + " characters"
		}
	}
	return fmt.Sprint(t)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// value reads one value into v, which can be set.
func (d *decoder) value(v reflect.Value) {
	t := v.Type()
	switch {
	case t.Kind() == reflect.Interface:
		d.inside(v)
		return
	case t.Implements(refType):
		d.ref(v)
		return
	case d.unmarshalled(v):
		return
	case t.Kind() == reflect.Struct:
		d.structure(v)
		return
	case t.Kind() == reflect.Pointer:
		d.pointer(v)
		return
	case t.Kind() == reflect.Map:
		d.mapping(v)
		return
	case t.Kind() == reflect.Slice && !isBytes(t):
		d.slice(v)
		return
	case t.Kind() == reflect.Array:
		d.array(v)
		return
	}
	d.scalar(v, d.token())
}

// scalar sets v, a bool, number, string or []byte, from one token.
func (d *decoder) scalar(v reflect.Value, token json.Token) {
	switch k := v.Kind(); {
	case k == reflect.Bool:
		b, ok := token.(bool)
		if !ok {
			d.fail("want true or false, got %s", describe(token))
		}
		v.SetBool(b)
	case k == reflect.String:
		s, ok := token.(string)
		if !ok {
			d.fail("want a string, got %s", describe(token))
		}
		v.SetString(s)
	case v.CanInt():
		n, err := strconv.ParseInt(d.integer(token), 10, 64)
		if err != nil || v.OverflowInt(n) {
			d.fail("%s is out of range for %s", describe(token), k)
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(d.integer(token), 10, 64)
		if err != nil || v.OverflowUint(n) {
			d.fail("%s is out of range for %s", describe(token), k)
		}
		v.SetUint(n)
	case v.CanFloat():
		v.SetFloat(d.float(token, v.Type().Bits()))
	case k == reflect.Slice:
		d.bytes(v, token)
	default:
		d.fail("a value of type %s cannot be given", v.Type())
	}
}

// integer gives the decimal text of an integer, given as a number or as a string.
func (d *decoder) integer(token json.Token) string {
	var text string
	switch x := token.(type) {
	case json.Number:
		text = string(x)
	case string:
		text = x
	}
	if !isInteger(text) {
		d.fail("want an integer, got %s", describe(token))
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// isInteger says whether text is an integer as JSON writes one.
func isInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

func (d *decoder) float(token json.Token, bits int) float64 {
	switch x := token.(type) {
	case json.Number:
		f, err := strconv.ParseFloat(string(x), bits)
		if err != nil {
			d.fail("%s is out of range for a float%d", describe(token), bits)
		}
		return f
	case string:
		switch x {
		case "NaN":
			return math.NaN()
		case "+Inf", "Inf":
			return math.Inf(1)
		case "-Inf":
			return math.Inf(-1)
		}
	}
	d.fail("want a number, got %s", describe(token))
	return 0
}

func (d *decoder) bytes(v reflect.Value, token json.Token) {
	switch x := token.(type) {
	case nil:
		v.SetZero()
		return
	case string:
		b, err := base64.StdEncoding.Strict().DecodeString(x)
		if err == nil {
			v.SetBytes(b)
			return
		}
	}
	d.fail("want bytes in base64, got %s", describe(token))
}

// ref reads a reference: its key, or null.
func (d *decoder) ref(v reflect.Value) {
	ty := v.Interface().(runner.Ref).EntityType()
	token := d.token()
	if token == nil {
		v.SetZero()
		return
	}
	v.SetString(d.refKey(ty, token))
}

// refKey gives the key that a token is: a string, or an integer as a number or a string.
func (d *decoder) refKey(ty *runner.EntityType, token json.Token) string {
	key, ok := token.(string)
	if n, isNumber := token.(json.Number); isNumber && ty.IntKey {
		key, ok = string(n), true
	}
	switch {
	case !ok && ty.IntKey:
		d.fail("want the key of %s, an integer, got %s", ty.Name, describe(token))
	case !ok:
		d.fail("want the key of %s, a string, got %s", ty.Name, describe(token))
	}
	if why := ty.KeyFault(key); why != "" {
		d.fail("%s: %s", ty.Name, why)
	}
	return key
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// unmarshalled reads a value whose type reads itself.
func (d *decoder) unmarshalled(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() == reflect.Pointer { // the element is asked
		return false
	}
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(jsonUnmarshaler):
		raw := d.json.raw()
		if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw); err != nil {
			d.fail("%v", err)
		}
	case p.Implements(textUnmarshaler):
		token := d.token()
		s, ok := token.(string)
		if !ok {
			d.fail("want a string, got %s", describe(token))
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			d.fail("%v", err)
		}
	default:
		return false
	}
	return true
}

func (d *decoder) pointer(v reflect.Value) {
	if d.json.peek() == 'n' {
		d.token()
		v.SetZero()
		return
	}
	p := reflect.New(v.Type().Elem())
	d.value(p.Elem())
	v.Set(p)
}

func (d *decoder) slice(v reflect.Value) {
	token := d.token()
	if token == nil {
		v.SetZero()
		return
	}
	d.open(token, '[', "an array")
	out := reflect.MakeSlice(v.Type(), 0, 0)
	for i := 0; d.json.more(); i++ {
		e := reflect.New(v.Type().Elem()).Elem()
		d.within(fmt.Sprintf("[%d]", i), func() { d.value(e) })
		out = reflect.Append(out, e)
	}
	d.token()
	v.Set(out.Slice3(0, out.Len(), out.Len()))
}

func (d *decoder) array(v reflect.Value) {
	d.open(d.token(), '[', "an array")
	n := 0
	for ; d.json.more(); n++ {
		if n >= v.Len() {
			d.json.raw()
			continue
		}
		d.within(fmt.Sprintf("[%d]", n), func() { d.value(v.Index(n)) })
	}
	d.token()
	if n != v.Len() {
		d.fail("want %s, got %d", plural(v.Len(), "element"), n)
	}
}

func (d *decoder) open(token json.Token, want json.Delim, what string) {
	if token != want {
		d.fail("want %s, got %s", what, describe(token))
	}
}

func (d *decoder) structure(v reflect.Value) {
	d.open(d.token(), '{', "an object")
	v.SetZero()
	fields := d.c.fieldsOf(v.Type(), false)
	given := make([]bool, len(fields))
	for d.json.more() {
		name := d.name()
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		switch {
		case i < 0:
			d.fail("unknown field %q (want %s)", name, listed(fieldNames(fields)))
		case given[i]:
			d.fail("field %q is given twice", name)
		}
		given[i] = true
		d.within("."+name, func() { d.fieldValue(d.settable(v, fields[i].index), fields[i].quoted) })
	}
	d.token()
}

func fieldNames(fs []field) []string {
	var names []string
	for _, f := range fs {
		names = append(names, f.name)
	}
	return names
}

// settable follows an index path to a field, making what embedded pointers on it lead to.
func (d *decoder) settable(v reflect.Value, index []int) reflect.Value {
	for n, i := range index {
		if n > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					d.fail("the field lies behind an unexported embedded pointer")
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// fieldValue reads a field; quoted takes it out of the string that the tag option asks for.
func (d *decoder) fieldValue(v reflect.Value, quoted bool) {
	if !quoted || d.json.peek() == 'n' && v.Kind() == reflect.Pointer {
		d.value(v)
		return
	}
	token := d.token()
	text, ok := token.(string)
	if !ok {
		d.fail("want a value inside a string, got %s", describe(token))
	}
	inner := &decoder{c: d.c, json: reader{text: []byte(text)}, path: d.path}
	if !json.Valid([]byte(text)) {
		if k := v.Kind(); k == reflect.Float32 || k == reflect.Float64 { // "NaN" has no second pair of quotes
			v.SetFloat(d.float(text, v.Type().Bits()))
			return
		}
		d.fail("want a value inside a string, got %s", describe(token))
	}
	inner.value(v)
}

func (d *decoder) mapping(v reflect.Value) {
	token := d.token()
	if token == nil {
		v.SetZero()
		return
	}
	out := reflect.MakeMap(v.Type())
	if readableKey(v.Type().Key()) {
		d.object(token, out)
	} else {
		d.pairs(token, out)
	}
	v.Set(out)
}

// readableKey says whether a map with such keys is read from an object: it is written as one and can be read back.
func readableKey(t reflect.Type) bool {
	if !textKey(t) {
		return false
	}
	k := t.Kind()
	return k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr || reflect.PointerTo(t).Implements(textUnmarshaler)
}

func (d *decoder) object(token json.Token, out reflect.Value) {
	d.open(token, '{', "an object")
	t := out.Type()
	for d.json.more() {
		name := d.name()
		d.within(fmt.Sprintf("[%q]", name), func() {
			k := reflect.New(t.Key()).Elem()
			d.key(k, name)
			if out.MapIndex(k).IsValid() {
				d.fail("the key is given twice")
			}
			e := reflect.New(t.Elem()).Elem()
			d.value(e)
			out.SetMapIndex(k, e)
		})
	}
	d.token()
}

// key sets a map's key from the name in an object.
func (d *decoder) key(k reflect.Value, name string) {
	t := k.Type()
	switch {
	case t.Implements(refType):
		k.SetString(d.refKey(k.Interface().(runner.Ref).EntityType(), name))
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		inner := &decoder{c: d.c, json: reader{text: quote(name)}, path: d.path} // UnmarshalJSON goes first here too
		inner.unmarshalled(k)
	default:
		d.scalar(k, name)
	}
}

// pairs reads a map from [[key, value], …].
func (d *decoder) pairs(token json.Token, out reflect.Value) {
	d.open(token, '[', "an array of [key, value]")
	t := out.Type()
	for i := 0; d.json.more(); i++ {
		d.within(fmt.Sprintf("[%d]", i), func() {
			d.open(d.token(), '[', "[key, value]")
			k, e := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
			for _, x := range []reflect.Value{k, e} {
				if !d.json.more() {
					d.fail("want [key, value]")
				}
				d.value(x)
			}
			if d.json.more() {
				d.fail("want [key, value]")
			}
			d.token()
			if !k.Comparable() {
				d.fail("a value of this type cannot be a key")
			}
			if out.MapIndex(k).IsValid() {
				d.fail("the key is given twice")
			}
			out.SetMapIndex(k, e)
		})
	}
	d.token()
}

// inside reads a value of interface type: null, {"$type": name, "$value": value}; a message for error; a string or a
// bool as it is for any. A bare number is refused, since it does not say which of Go's number types it is.
func (d *decoder) inside(v reflect.Value) {
	token := d.token()
	t := v.Type()
	switch x := token.(type) {
	case nil:
		v.SetZero()
		return
	case string, bool:
		if t.NumMethod() == 0 {
			v.Set(reflect.ValueOf(x))
			return
		}
		if s, isString := x.(string); isString && t == errorType {
			v.Set(reflect.ValueOf(errors.New(s)))
			return
		}
	}
	if token != json.Delim('{') {
		d.fail(`want {"$type": name, "$value": value}, got %s`, describe(token))
	}
	d.typed(v)
}

// typed reads the rest of {"$type": name, "$value": value}, in this order.
func (d *decoder) typed(v reflect.Value) {
	if !d.json.more() || d.name() != "$type" {
		d.fail(`want {"$type": name, "$value": value}, "$type" first`)
	}
	token := d.token()
	name, _ := token.(string)
	t := d.c.typeFor(name, v.Type())
	switch {
	case t == nil:
		d.fail(`"$type" names no type of the program: %s`, describe(token))
	case !t.AssignableTo(v.Type()):
		d.fail(`"$type": %s does not fit here`, name)
	case !d.json.more() || d.name() != "$value":
		d.fail(`want {"$type": %q, "$value": value}`, name)
	}
	x := reflect.New(t).Elem()
	d.value(x)
	if d.json.more() {
		d.fail("unknown field %q beside \"$type\" and \"$value\"", d.name())
	}
	d.token()
	v.Set(x)
}
