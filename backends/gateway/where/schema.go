// This file tells CEL the types of fields.

package where

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// rootName is the variable that holds all fields.
const rootName = "state"

// schema is what CEL knows of a state: its fields as variables, and the types of structs in it.
type schema struct {
	*types.Registry // knows the types of CEL
	form            *jsonvalue.Form
	entity          string
	structs         map[string]*structType // by name
	celTypes        map[*jsonvalue.Form]*cel.Type
	missed          []missed // fields that were asked for and are not there
}

// structType is an object of the API.
type structType struct {
	name   string
	fields []jsonvalue.FormField
	byName map[string]*jsonvalue.Form
}

type missed struct{ typ, field string }

func newSchema(form *jsonvalue.Form, entity string) *schema {
	registry, err := types.NewRegistry()
	if err != nil {
		panic(err) // it is given nothing that could be wrong
	}
	s := &schema{Registry: registry, form: form, entity: entity, structs: map[string]*structType{}, celTypes: map[*jsonvalue.Form]*cel.Type{}}
	s.celType(form)
	return s
}

// variables gives the types of the fields, and of the whole.
func (s *schema) variables() map[string]*cel.Type {
	vars := map[string]*cel.Type{rootName: s.celType(s.form)}
	for _, f := range s.form.Fields {
		vars[f.Name] = s.celType(f.Form)
	}
	return vars
}

// celType gives the type of a form. One that contains itself does so through a struct, or is dynamic.
func (s *schema) celType(f *jsonvalue.Form) *cel.Type {
	if t := s.celTypes[f]; t != nil {
		return t
	}
	s.celTypes[f] = cel.DynType // while it is being made
	t := s.makeType(f)
	if f.Null && t.Kind() != types.DynKind {
		switch f.Is {
		case jsonvalue.Bool, jsonvalue.Int, jsonvalue.Uint, jsonvalue.Float, jsonvalue.Text:
			t = cel.NullableType(t)
		}
	}
	s.celTypes[f] = t
	return t
}

func (s *schema) makeType(f *jsonvalue.Form) *cel.Type {
	switch f.Is {
	case jsonvalue.Bool:
		return cel.BoolType
	case jsonvalue.Int:
		return cel.IntType
	case jsonvalue.Uint:
		return cel.UintType
	case jsonvalue.Float:
		return cel.DoubleType
	case jsonvalue.Text:
		return cel.StringType
	case jsonvalue.Time:
		return cel.TimestampType
	case jsonvalue.List:
		return cel.ListType(s.celType(f.Elem))
	case jsonvalue.Map:
		return cel.MapType(s.celType(f.Key), s.celType(f.Elem))
	case jsonvalue.Object:
		return s.object(f)
	}
	return cel.DynType
}

// object declares a struct type. Pointers to it and values of it are two forms of one name.
func (s *schema) object(f *jsonvalue.Form) *cel.Type {
	t := cel.ObjectType(f.Name)
	s.celTypes[f] = t
	if s.structs[f.Name] != nil {
		return t
	}
	st := &structType{f.Name, f.Fields, map[string]*jsonvalue.Form{}}
	s.structs[f.Name] = st
	for _, field := range f.Fields {
		st.byName[field.Name] = field.Form
		s.celType(field.Form)
	}
	return t
}

// names gives the fields of a struct type, or, for "", those of the entity.
func (s *schema) names(typ string) []string {
	if typ == "" {
		typ = s.form.Name
	}
	if typ == s.entity {
		typ = s.form.Name
	}
	var names []string
	if st := s.structs[typ]; st != nil {
		for _, f := range st.fields {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}

// FindStructType knows struct types.
func (s *schema) FindStructType(name string) (*types.Type, bool) {
	if s.structs[name] != nil {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return s.Registry.FindStructType(name)
}

// FindStructFieldNames gives the fields of a struct type.
func (s *schema) FindStructFieldNames(name string) ([]string, bool) {
	if s.structs[name] != nil {
		return s.names(name), true
	}
	return s.Registry.FindStructFieldNames(name)
}

// FindStructFieldType gives the type of a field.
func (s *schema) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	st := s.structs[name]
	if st == nil {
		return s.Registry.FindStructFieldType(name, field)
	}
	form := st.byName[field]
	if form == nil {
		s.missed = append(s.missed, missed{s.shown(name), field})
		return nil, false
	}
	return &types.FieldType{
		Type: s.celType(form),
		IsSet: func(target any) bool {
			o, ok := target.(*object)
			return ok && o.has(field)
		},
		GetFrom: func(target any) (any, error) {
			if o, ok := target.(*object); ok {
				return o.field(field)
			}
			return nil, fmt.Errorf("null has no field %q", field)
		},
	}, true
}

// shown is how errors call a struct type.
func (s *schema) shown(name string) string {
	if name == s.form.Name {
		return s.entity
	}
	return name
}

// NativeToValue takes the values of fields, which are CEL's already.
func (s *schema) NativeToValue(v any) ref.Val {
	if r, ok := v.(ref.Val); ok {
		return r
	}
	return s.Registry.NativeToValue(v)
}

// typeName is a type in messages.
func typeName(t *cel.Type) string { return t.String() }
