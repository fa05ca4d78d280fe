// This file tells what the JSON of a type's values looks like, without a value.

package jsonvalue

import (
	"reflect"
	"time"

	"github.com/stateful-entities/sfc/runner"
)

// Form is what the values of a type look like in the JSON of states. Forms of types that contain themselves do too.
type Form struct {
	Is     FormKind
	Null   bool        // it may also be null: pointers, references, slices and maps
	Name   string      // of an Object's type, as Go prints it
	Fields []FormField // of an Object, in order
	Elem   *Form       // of a List's elements and a Map's values
	Key    *Form       // of a Map: Int, Uint or Text, which is what the texts of its keys stand for
}

// FormField is a member of an object.
type FormField struct {
	Name string
	Form *Form
	Omit bool // it may be absent, which means its zero value, or that the embedded pointer around it is nil
}

// FormKind is what kind of JSON value a form is.
type FormKind uint8

// The kinds. A pointer to something that encloses it is {"$cycle": n} in place of an Object, a List or a Map.
const (
	Anything FormKind = iota // behind an interface, or as the type marshals itself
	Bool
	Int
	Uint
	Float // a number, or "NaN", "+Inf", "-Inf"
	Text
	Time // RFC 3339
	Object
	List
	Map
)

// StateForm gives the form that State writes the states of a struct type in.
func (c *Codec) StateForm(t reflect.Type) *Form {
	m := &former{c: c, done: map[reflect.Type]*Form{}}
	f := &Form{Is: Object, Name: t.String(), Fields: m.members(t)}
	for _, p := range m.pointers {
		*p.to = *p.from
		p.to.Null = true
	}
	return f
}

// former makes forms, one for each type.
type former struct {
	c        *Codec
	done     map[reflect.Type]*Form
	pointers []copied // what pointers point to may be under way: copied at the end, inner ones first
}

type copied struct{ to, from *Form }

func (m *former) form(t reflect.Type) *Form {
	if f := m.done[t]; f != nil {
		return f
	}
	f := &Form{}
	m.done[t] = f
	m.fill(f, t)
	return f
}

func (m *former) fill(f *Form, t reflect.Type) {
	switch k := t.Kind(); {
	case k == reflect.Interface:
		if t.Implements(errorType) {
			f.Is, f.Null = Text, true
		}
	case t.Implements(refType):
		f.Is, f.Null = refKind(t), true
	case t == reflect.TypeFor[time.Time]():
		f.Is = Time
	case marshalsText(t):
		f.Is = Text
	case marshalsItself(t): // how is known for each value only
	case k == reflect.Bool:
		f.Is = Bool
	case k >= reflect.Int && k <= reflect.Int64:
		f.Is = Int
	case k >= reflect.Uint && k <= reflect.Uintptr:
		f.Is = Uint
	case k == reflect.Float32 || k == reflect.Float64:
		f.Is = Float
	case k == reflect.String:
		f.Is = Text
	case k == reflect.Pointer:
		m.pointers = append(m.pointers, copied{f, m.form(t.Elem())})
	case k == reflect.Slice && isBytes(t):
		f.Is, f.Null = Text, true
	case k == reflect.Slice || k == reflect.Array:
		f.Is, f.Null, f.Elem = List, k == reflect.Slice, m.form(t.Elem())
	case k == reflect.Map && textKey(t.Key()):
		f.Is, f.Null, f.Key, f.Elem = Map, true, m.key(t.Key()), m.form(t.Elem())
	case k == reflect.Map:
		f.Is, f.Null, f.Elem = List, true, &Form{Is: List, Elem: &Form{}}
	case k == reflect.Struct:
		f.Is, f.Name = Object, t.String()
		f.Fields = m.members(t)
	}
}

func refKind(t reflect.Type) FormKind {
	if reflect.Zero(t).Interface().(runner.Ref).EntityType().IntKey {
		return Int
	}
	return Text
}

// marshalsText says whether all values of a type are written as text of their own.
func marshalsText(t reflect.Type) bool {
	return t.Implements(textMarshaler) && !t.Implements(jsonMarshaler) && t.Kind() != reflect.Pointer &&
		!reflect.PointerTo(t).Implements(jsonMarshaler)
}

// marshalsItself says whether some values of a type are: those of a pointer receiver's type if they have an address.
func marshalsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(jsonMarshaler) || p.Implements(textMarshaler)
}

// key is the form of a map's keys.
func (m *former) key(t reflect.Type) *Form {
	switch k := t.Kind(); {
	case t.Implements(refType):
		return &Form{Is: refKind(t)}
	case k == reflect.String || t.Implements(textMarshaler):
		return &Form{Is: Text}
	case k <= reflect.Int64:
		return &Form{Is: Int}
	}
	return &Form{Is: Uint}
}

func (m *former) members(t reflect.Type) []FormField {
	var fields []FormField
	for _, f := range m.c.fieldsOf(t, true) {
		form := m.form(f.typ)
		if f.quoted {
			form = &Form{Is: Text, Null: form.Null}
		}
		fields = append(fields, FormField{f.name, form, f.omitEmpty || f.omitZero || len(f.index) > 1})
	}
	return fields
}
