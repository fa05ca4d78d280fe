// This file finds the JSON fields of a struct type, by the rules of encoding/json.

package world

import (
	"reflect"
	"slices"
	"strings"
)

// field is one member of a struct's JSON object.
type field struct {
	name      string
	index     []int
	tagged    bool
	omitEmpty bool
	omitZero  bool
	quoted    bool
}

// fieldsOf lists the fields of a struct in order; hidden ones (unexported) too, if asked for.
func fieldsOf(t reflect.Type, hidden bool) []field {
	var all []field
	collect(t, nil, hidden, map[reflect.Type]bool{}, &all)
	var kept []field
	for _, f := range all {
		if dominant(f, all) {
			kept = append(kept, f)
		}
	}
	return kept
}

func collect(t reflect.Type, path []int, hidden bool, above map[reflect.Type]bool, all *[]field) {
	if above[t] {
		return
	}
	above[t] = true
	defer delete(above, t)
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(slices.Clone(path), i)
		inner := sf.Type
		if inner.Kind() == reflect.Pointer && inner.Name() == "" {
			inner = inner.Elem()
		}
		_, isRef := w.types[sf.Type]
		flat := sf.Anonymous && inner.Kind() == reflect.Struct && !isRef
		if !sf.IsExported() && !hidden && !flat {
			continue
		}
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" && flat {
			collect(inner, index, hidden, above, all)
			continue
		}
		if !sf.IsExported() && !hidden {
			continue
		}
		f := field{name: name, index: index, tagged: name != ""}
		if name == "" {
			f.name = sf.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			f.omitEmpty = f.omitEmpty || option == "omitempty"
			f.omitZero = f.omitZero || option == "omitzero"
			f.quoted = f.quoted || option == "string"
		}
		*all = append(*all, f)
	}
}

// dominant says whether a field wins over others of its name: the shallowest, then the tagged one; none of equals.
func dominant(f field, all []field) bool {
	for _, g := range all {
		if g.name != f.name || slices.Equal(g.index, f.index) {
			continue
		}
		if len(g.index) < len(f.index) || len(g.index) == len(f.index) && (g.tagged || !f.tagged) {
			return false
		}
	}
	return true
}
