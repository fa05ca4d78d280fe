// This file defines types and their one-line text form.

package ir

import (
	"fmt"
	"strings"
)

// Kind says what a type is.
type Kind uint8

// The kinds of types. Int and Uint are 64-bit kinds of their own: in an `any` they differ from I64 and U64.
const (
	Invalid Kind = iota
	Bool
	Int
	Uint
	I8
	I16
	I32
	I64
	U8
	U16
	U32
	U64
	F32
	F64
	C64
	C128
	String
	ListKind  // list T
	ArrayKind // array N T
	MapKind   // map K V
	PtrKind   // ptr T: a pointer to plain data, or to an entity's state while it is a draft
	RefKind   // ref E: a reference (type, key)
	FuncKind  // func(T, T...) (R, R)
	Any       // the empty interface
	Error     // Go's error
	Time      // time.Time, never with a monotonic reading
	Duration  // time.Duration
	PanicKind // a panic slot: locals only
	Host      // go:strings.Builder, a type of the host library
	NamedKind // a declared type, by name
)

// Type is a type expression. Types are equal if their String is.
type Type struct {
	Kind     Kind
	Name     string // NamedKind, RefKind (entity type), Host ("go:strings.Builder")
	Len      int    // ArrayKind
	Key      *Type  // MapKind
	Elem     *Type  // ListKind, ArrayKind, MapKind, PtrKind
	Params   []*Type
	Results  []*Type
	Variadic bool
}

var basics = map[string]Kind{
	"bool": Bool, "int": Int, "uint": Uint, "i8": I8, "i16": I16, "i32": I32, "i64": I64,
	"u8": U8, "u16": U16, "u32": U32, "u64": U64, "f32": F32, "f64": F64, "c64": C64, "c128": C128,
	"string": String, "any": Any, "error": Error, "time": Time, "duration": Duration, "panic": PanicKind,
}

var basicNames = func() map[Kind]string {
	m := map[Kind]string{}
	for n, k := range basics {
		m[k] = n
	}
	return m
}()

// String gives the text form, which ParseType reads back: prefix words, so that no brackets are needed but for funcs.
func (t *Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t *Type) write(b *strings.Builder) {
	if t == nil {
		b.WriteString("invalid")
		return
	}
	switch t.Kind {
	case ListKind:
		b.WriteString("list ")
		t.Elem.write(b)
	case ArrayKind:
		fmt.Fprintf(b, "array %d ", t.Len)
		t.Elem.write(b)
	case MapKind:
		b.WriteString("map ")
		t.Key.write(b)
		b.WriteByte(' ')
		t.Elem.write(b)
	case PtrKind:
		b.WriteString("ptr ")
		t.Elem.write(b)
	case RefKind:
		b.WriteString("ref " + t.Name)
	case FuncKind:
		b.WriteString("func(")
		for i, p := range t.Params {
			if i > 0 {
				b.WriteString(", ")
			}
			if t.Variadic && i == len(t.Params)-1 {
				b.WriteString("...")
				p = p.Elem // the parameter itself is the list
			}
			p.write(b)
		}
		b.WriteByte(')')
		if len(t.Results) > 0 {
			b.WriteString(" (")
			for i, r := range t.Results {
				if i > 0 {
					b.WriteString(", ")
				}
				r.write(b)
			}
			b.WriteByte(')')
		}
	case Host, NamedKind:
		b.WriteString(t.Name)
	case Invalid:
		b.WriteString("invalid")
	default:
		b.WriteString(basicNames[t.Kind])
	}
}

// Basic gives the type of a basic kind.
func Basic(k Kind) *Type { return &Type{Kind: k} }

// ListType gives `list elem`.
func ListType(elem *Type) *Type { return &Type{Kind: ListKind, Elem: elem} }

// ArrayType gives `array n elem`.
func ArrayType(n int, elem *Type) *Type { return &Type{Kind: ArrayKind, Len: n, Elem: elem} }

// MapType gives `map key elem`.
func MapType(key, elem *Type) *Type { return &Type{Kind: MapKind, Key: key, Elem: elem} }

// PtrType gives `ptr elem`.
func PtrType(elem *Type) *Type { return &Type{Kind: PtrKind, Elem: elem} }

// RefType gives `ref entity`.
func RefType(entity string) *Type { return &Type{Kind: RefKind, Name: entity} }

// NamedType gives a declared type.
func NamedType(name string) *Type { return &Type{Kind: NamedKind, Name: name} }

// HostType gives a type of the host library, as `go:strings.Builder`.
func HostType(name string) *Type { return &Type{Kind: Host, Name: name} }

// Equal says whether two types are identical.
func (t *Type) Equal(u *Type) bool {
	if t == u {
		return true
	}
	if t == nil || u == nil {
		return false
	}
	return t.Kind == u.Kind && t.Name == u.Name && t.Len == u.Len && t.Variadic == u.Variadic &&
		t.Key.Equal(u.Key) && t.Elem.Equal(u.Elem) && equalTypes(t.Params, u.Params) && equalTypes(t.Results, u.Results)
}

func equalTypes(ts, us []*Type) bool {
	if len(ts) != len(us) {
		return false
	}
	for i, t := range ts {
		if !t.Equal(us[i]) {
			return false
		}
	}
	return true
}
