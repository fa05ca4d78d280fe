// This file gives every expression its type.

package ir

import "fmt"

// Scope is a function's view of the program: its locals by name, and the types of its expressions. It is valid while
// neither the program's declarations nor the function's parameters, captures and locals change.
type Scope struct {
	Program *Program
	Func    *Func
	locals  map[string]*Local
	order   map[string]int // place in declaration order: parameters, captures, locals
}

// NewScope makes the scope of a function.
func NewScope(p *Program, f *Func) *Scope {
	s := &Scope{Program: p, Func: f, locals: map[string]*Local{}, order: map[string]int{}}
	for _, list := range [][]*Local{f.Params, f.Captures, f.Locals} {
		for _, l := range list {
			s.order[l.Name] = len(s.order)
			s.locals[l.Name] = l
		}
	}
	return s
}

// Local gives the parameter, capture or local of a name, or nil. The own receiver is none of them.
func (s *Scope) Local(name string) *Local { return s.locals[name] }

// IsSelf says whether an expression is the function's own receiver.
func (s *Scope) IsSelf(e Expr) bool {
	n, ok := e.(*Name)
	return ok && s.Func.Self != "" && n.Name == s.Func.Self
}

// TypeOf gives the type of an expression from the types of its parts. It checks what it needs for that, and no more:
// Verify checks that operands fit.
func (s *Scope) TypeOf(e Expr) (*Type, error) {
	switch e := e.(type) {
	case *Name:
		return s.typeOfName(e)
	case *Lit:
		return e.Type, nil
	case *Nil:
		return e.Type, nil
	case *Zero:
		return e.Type, nil
	case *Global:
		return s.typeOfGlobal(e)
	case *FuncVal:
		f := s.Program.Func(e.Func)
		if f == nil {
			return nil, fmt.Errorf("function %q is not declared", e.Func)
		}
		return FuncType(f), nil
	case *Unary:
		return s.TypeOf(e.X)
	case *Binary:
		if IsComparison(e.Op) {
			return Basic(Bool), nil
		}
		return s.TypeOf(e.X)
	case *Field:
		return s.typeOfField(e)
	case *Index:
		return s.typeOfIndex(e)
	case *Slice:
		return s.typeOfSlice(e)
	case *Len, *Cap:
		return Basic(Int), nil
	case *Deref:
		_, u, err := s.underlying(e.X)
		if err != nil {
			return nil, err
		}
		if u.Kind != PtrKind {
			return nil, fmt.Errorf("deref of type %s, which is no pointer", u)
		}
		return u.Elem, nil
	case *Addr:
		t, err := s.TypeOf(e.X)
		if err != nil {
			return nil, err
		}
		return PtrType(t), nil
	case *Convert:
		return e.To, nil
	case *Box:
		return e.To, nil
	case *IsNil, *Panicking:
		return Basic(Bool), nil
	case *StructLit:
		return e.Type, nil
	case *ArrayLit:
		return e.Type, nil
	case *RefTo:
		return RefType(e.Entity), nil
	case *KeyOf:
		return s.typeOfKey(e)
	case *Request:
		switch e.What {
		case "now", "deadline":
			return Basic(Time), nil
		case "id":
			return Basic(String), nil
		}
		return nil, fmt.Errorf("request has no constant %q (now, deadline or id)", e.What)
	}
	return nil, fmt.Errorf("unknown expression %T", e)
}

// IsComparison says whether a binary operator gives a bool whatever its operands are.
func IsComparison(op string) bool {
	switch op {
	case "eq", "ne", "lt", "le", "gt", "ge":
		return true
	}
	return false
}

// underlying gives an expression's type and the type behind its name.
func (s *Scope) underlying(e Expr) (*Type, *Type, error) {
	t, err := s.TypeOf(e)
	if err != nil {
		return nil, nil, err
	}
	u := Underlying(s.Program, t)
	if u == nil {
		return nil, nil, fmt.Errorf("type %q is not declared", t)
	}
	return t, u, nil
}

func (s *Scope) typeOfName(e *Name) (*Type, error) {
	if l := s.locals[e.Name]; l != nil {
		return l.Type, nil
	}
	if s.IsSelf(e) {
		return RefType(s.Func.Entity), nil
	}
	return nil, fmt.Errorf("local %q is not declared", e.Name)
}

// typeOfGlobal: a variable of the host library is declared nowhere; it says its type itself, or is an error.
func (s *Scope) typeOfGlobal(e *Global) (*Type, error) {
	if v := s.Program.Var(e.Name); v != nil {
		return v.Type, nil
	}
	switch {
	case !IsHostName(e.Name):
		return nil, fmt.Errorf("variable %q is not declared", e.Name)
	case e.Type != nil:
		return e.Type, nil
	}
	return Basic(Error), nil
}

func (s *Scope) typeOfField(e *Field) (*Type, error) {
	if e.Type != nil {
		return e.Type, nil
	}
	var t *Type
	if s.IsSelf(e.X) {
		t = NamedType(s.Func.Entity)
	} else {
		var err error
		if t, err = s.TypeOf(e.X); err != nil {
			return nil, err
		}
		if u := Underlying(s.Program, t); u != nil && u.Kind == PtrKind {
			t = u.Elem
		}
	}
	if t.Kind == RefKind {
		return nil, fmt.Errorf("field %q of another entity: %s is a reference", e.Name, t)
	}
	if _, ok := Fields(s.Program, t); !ok {
		return nil, fmt.Errorf("field %q of type %s, which is no struct", e.Name, t)
	}
	f := FieldOf(s.Program, t, e.Name)
	if f == nil {
		return nil, fmt.Errorf("type %s has no field %q", t, e.Name)
	}
	return f.Type, nil
}

func (s *Scope) typeOfIndex(e *Index) (*Type, error) {
	t, u, err := s.underlying(e.X)
	if err != nil {
		return nil, err
	}
	switch u.Kind {
	case ListKind, ArrayKind, MapKind:
		return u.Elem, nil
	case String:
		return Basic(U8), nil
	case PtrKind:
		if a := Underlying(s.Program, u.Elem); a != nil && a.Kind == ArrayKind {
			return a.Elem, nil
		}
	}
	return nil, fmt.Errorf("index of type %s, which has no elements", t)
}

func (s *Scope) typeOfSlice(e *Slice) (*Type, error) {
	t, u, err := s.underlying(e.X)
	if err != nil {
		return nil, err
	}
	switch u.Kind {
	case ListKind, String:
		return t, nil
	case PtrKind:
		if a := Underlying(s.Program, u.Elem); a != nil && a.Kind == ArrayKind {
			return ListType(a.Elem), nil
		}
	}
	return nil, fmt.Errorf("slice of type %s: it is no list, string or pointer to an array", t)
}

func (s *Scope) typeOfKey(e *KeyOf) (*Type, error) {
	t, err := s.TypeOf(e.X)
	if err != nil {
		return nil, err
	}
	if t.Kind != RefKind {
		return nil, fmt.Errorf("keyof of type %s, which is no reference", t)
	}
	return KeyType(s.Program, t.Name)
}

// KeyType gives the type of an entity type's keys: the result of its key function.
func KeyType(p *Program, entity string) (*Type, error) {
	ent := p.Entity(entity)
	if ent == nil {
		return nil, fmt.Errorf("entity type %q is not declared", entity)
	}
	f := p.Func(ent.Key)
	if f == nil || len(f.Results) != 1 {
		return nil, fmt.Errorf("entity type %q has no key function with one result", entity)
	}
	return f.Results[0].Type, nil
}
