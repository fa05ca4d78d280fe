// This file finds the JSON fields of a struct type: names, tags, embedded structs flattened, as encoding/json does.

package jsonvalue

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// field is one JSON field of a struct.
type field struct {
	name      string
	key       []byte // the name as JSON, with its colon
	tagged    bool   // the name comes from a tag
	index     []int  // the way through embedded structs
	typ       reflect.Type
	omitEmpty bool
	omitZero  bool
	quoted    bool // the option "string" on a bool, number or string
}

type fieldsKey struct {
	typ reflect.Type
	all bool
}

// fieldsOf gives the JSON fields of a struct type in order; with all also the unexported ones.
func (c *Codec) fieldsOf(t reflect.Type, all bool) []field {
	key := fieldsKey{t, all}
	if fs, ok := c.fields.Load(key); ok {
		return fs.([]field)
	}
	fs, _ := c.fields.LoadOrStore(key, dominant(collect(t, all)))
	return fs.([]field)
}

// collect walks a struct and its embedded structs level by level. A struct type that was met on an earlier level is
// not entered again; one met twice on one level is entered twice, so that its fields hide each other.
func collect(t reflect.Type, all bool) []field {
	type level struct {
		typ   reflect.Type
		index []int
	}
	var found []field
	seen := map[reflect.Type]bool{t: true}
	for current := []level{{typ: t}}; len(current) > 0; {
		var next []level
		for _, at := range current {
			for i := range at.typ.NumField() {
				sf := at.typ.Field(i)
				if !visible(sf, all) {
					continue
				}
				f := newField(sf, append(slices.Clip(at.index), i))
				if inner := embedded(sf); inner != nil && !f.tagged {
					if !seen[inner] {
						next = append(next, level{inner, f.index})
					}
					continue
				}
				if f.name != "" {
					found = append(found, f)
				}
			}
		}
		for _, l := range next {
			seen[l.typ] = true
		}
		current = next
	}
	return found
}

// visible says whether a struct field takes part: an embedded struct does even if its type is unexported, since its
// own fields may be exported.
func visible(sf reflect.StructField, all bool) bool {
	if sf.Tag.Get("json") == "-" || sf.Name == "_" {
		return false
	}
	return all || sf.IsExported() || embedded(sf) != nil
}

// embedded gives the struct type that a field embeds, by value or pointer, or nil.
func embedded(sf reflect.StructField) reflect.Type {
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !sf.Anonymous || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

func newField(sf reflect.StructField, index []int) field {
	name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
	f := field{name: sf.Name, index: index, typ: sf.Type}
	if validName(name) {
		f.name, f.tagged = name, true
	}
	for _, o := range strings.Split(options, ",") {
		switch o {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
		case "string":
			f.quoted = quotable(sf.Type)
		}
	}
	return f
}

// validName says whether encoding/json takes a tag's text as a name.
func validName(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != ""
}

func quotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch k := t.Kind(); {
	case t.Implements(refType):
		return false
	default:
		return k == reflect.Bool || k == reflect.String || k >= reflect.Int && k <= reflect.Float64
	}
}

// dominant keeps of the fields of one name the one that Go's embedding rules and tags prefer, or none.
func dominant(fs []field) []field {
	byName := map[string][]field{}
	for _, f := range fs {
		byName[f.name] = append(byName[f.name], f)
	}
	var kept []field
	for _, same := range byName {
		slices.SortStableFunc(same, func(a, b field) int {
			if d := len(a.index) - len(b.index); d != 0 {
				return d
			}
			switch {
			case a.tagged == b.tagged:
				return 0
			case a.tagged:
				return -1
			}
			return 1
		})
		if len(same) > 1 && len(same[0].index) == len(same[1].index) && same[0].tagged == same[1].tagged {
			continue
		}
		kept = append(kept, same[0])
	}
	slices.SortFunc(kept, func(a, b field) int { return slices.Compare(a.index, b.index) })
	for i := range kept {
		kept[i].key = append(quote(kept[i].name), ':')
	}
	return kept
}
