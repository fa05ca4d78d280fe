// This file verifies expressions and places.

package ir

import (
	"reflect"
	"slices"
	"unicode"
	"unicode/utf8"
)

// expr checks an expression and all its parts, and gives its type; nil if something is wrong with it, which is then
// reported.
func (v *verifier) expr(e Expr) *Type {
	if e == nil || reflect.ValueOf(e).IsNil() {
		v.fail("an expression is missing")
		return nil
	}
	if t := v.types[e]; t != nil {
		return t
	}
	v.depth++
	defer func() { v.depth-- }()
	if v.depth > maxExprDepth {
		v.fail("an expression is nested deeper than %d", maxExprDepth)
		return nil
	}
	before := len(v.errs)
	v.parts(e)
	if len(v.errs) > before || len(v.errs) >= maxErrors {
		return nil
	}
	t, err := v.s.TypeOf(e)
	if err != nil {
		v.fail("%s", err)
		return nil
	}
	if t == nil {
		v.fail("a type is missing")
		return nil
	}
	v.types[e] = t
	return t
}

// underlying checks an expression and gives the type behind its type's name.
func (v *verifier) underlying(e Expr) (*Type, *Type) {
	t := v.expr(e)
	if t == nil {
		return nil, nil
	}
	return t, Underlying(v.p, t)
}

// parts checks what an expression is made of.
func (v *verifier) parts(e Expr) {
	switch e := e.(type) {
	case *Name:
		if l := v.s.Local(e.Name); l != nil && l.Type != nil && l.Type.Kind == PanicKind {
			v.fail("panic slot %q is no value: recover it", e.Name)
		}
	case *Lit:
		if v.valueType(e.Type) {
			if _, err := (&encoder{p: v.p}).literalValue(e); err != nil {
				v.fail("%s", err)
			}
		}
	case *Nil:
		if v.typ(e.Type, inLocal, 0) && !v.hasNil(e.Type) {
			v.fail("type %s has no nil", e.Type)
		}
	case *Zero:
		if !v.draftType(e.Type) && v.typ(e.Type, inLocal, 0) && e.Type.Kind == PanicKind {
			v.fail("a panic slot is no value")
		}
	case *Global:
		if e.Type != nil {
			v.valueType(e.Type)
		}
	case *FuncVal:
		if f := v.p.Func(e.Func); f != nil && (f.Self != "" || len(f.Captures) > 0) {
			v.fail("function %q needs a receiver or captures: make a closure", e.Func)
		}
	case *Unary:
		v.unary(e)
	case *Binary:
		v.binary(e)
	case *Field:
		v.field(e)
	case *Index:
		v.index(e)
	case *Slice:
		v.slice(e)
	case *Len:
		v.measured(e.X, "len", String, ListKind, ArrayKind, MapKind)
	case *Cap:
		v.measured(e.X, "cap", ListKind, ArrayKind)
	case *Deref:
		if t, u := v.underlying(e.X); u != nil && u.Kind == PtrKind && v.draftType(u.Elem) {
			v.fail("deref of %s copies an entity's state", t)
		}
	case *Addr:
		v.place(e.X, true)
	case *Request, *Panicking:
		if p, ok := e.(*Panicking); ok {
			v.slot(p.Slot)
		}
	default:
		v.made(e)
	}
}

// made checks the expressions that make values of a type they name.
func (v *verifier) made(e Expr) {
	switch e := e.(type) {
	case *Convert:
		t := v.expr(e.X)
		if v.valueType(e.To) && t != nil && !v.convertible(t, e.To) {
			v.fail("%s cannot be converted to %s", t, e.To)
		}
	case *Box:
		t := v.expr(e.X)
		if !v.valueType(e.To) || t == nil {
			return
		}
		switch {
		case e.To.Kind == Host:
		case !IsInterface(v.p, e.To):
			v.fail("box as %s, which is no interface", e.To)
		case IsInterface(v.p, t):
			v.fail("box of %s, which is an interface: convert it", t)
		case t.Kind == PtrKind && v.draftType(t.Elem):
			v.fail("a draft cannot be passed on")
		case !Implements(v.p, t, e.To):
			v.fail("type %s does not implement %s", t, e.To)
		}
	case *IsNil:
		if t := v.expr(e.X); t != nil && !v.hasNil(t) {
			v.fail("isnil of type %s, which has no nil", t)
		}
	case *StructLit:
		v.structLit(e)
	case *ArrayLit:
		v.arrayLit(e)
	case *RefTo:
		t := v.expr(e.Key)
		want, err := KeyType(v.p, e.Entity)
		if err != nil {
			v.fail("%s", err)
			return
		}
		v.sameType("the key", t, want)
	case *KeyOf:
		v.expr(e.X)
	}
}

// hasNil says whether nil is a value of a type. A host type may be an interface of the host.
func (v *verifier) hasNil(t *Type) bool {
	u := Underlying(v.p, t)
	if u == nil {
		return false
	}
	switch u.Kind {
	case ListKind, MapKind, PtrKind, RefKind, FuncKind, Host:
		return true
	}
	return IsInterface(v.p, u)
}

func (v *verifier) unary(e *Unary) {
	t, u := v.underlying(e.X)
	if u == nil {
		return
	}
	ok := false
	switch e.Op {
	case "neg":
		ok = isNumeric(u.Kind)
	case "not":
		ok = u.Kind == Bool
	case "inv":
		ok = isInteger(u.Kind)
	default:
		v.fail("unknown operator %q", e.Op)
		return
	}
	if !ok {
		v.fail("%s of type %s", e.Op, t)
	}
}

func (v *verifier) binary(e *Binary) {
	if !slices.Contains(binaryOps, e.Op) {
		v.fail("unknown operator %q", e.Op)
		return
	}
	t, u := v.underlying(e.X)
	ty, uy := v.underlying(e.Y)
	if u == nil || uy == nil {
		return
	}
	if e.Op == "shl" || e.Op == "shr" {
		if !isInteger(u.Kind) || !isInteger(uy.Kind) {
			v.fail("%s of types %s and %s: both are integers", e.Op, t, ty)
		}
		return
	}
	if !t.Equal(ty) {
		v.fail("%s of types %s and %s: both are the same", e.Op, t, ty)
		return
	}
	if !v.applies(e.Op, t, u.Kind) {
		v.fail("%s of type %s", e.Op, t)
	}
}

// applies says whether an operator has a meaning on two values of a type.
func (v *verifier) applies(op string, t *Type, k Kind) bool {
	switch op {
	case "add":
		return isNumeric(k) || k == String
	case "sub", "mul", "div":
		return isNumeric(k)
	case "rem", "and", "or", "xor", "andnot":
		return isInteger(k)
	case "eq", "ne":
		return v.comparable(t)
	case "land", "lor":
		return k == Bool
	}
	return isInteger(k) || isFloat(k) || k == String // lt le gt ge
}

// field checks the base of a field. What the host library declares, the program takes at the frontend's word.
func (v *verifier) field(e *Field) {
	var u *Type
	if !v.s.IsSelf(e.X) {
		if _, u = v.underlying(e.X); u != nil && u.Kind == PtrKind {
			u = Underlying(v.p, u.Elem)
		}
	}
	if e.Name == "_" {
		v.fail("a blank field cannot be read")
	}
	if e.Type == nil {
		return
	}
	v.valueType(e.Type)
	if u == nil || u.Kind != Host {
		v.fail("field %q says its type, but is not of a host type", e.Name)
	}
	if r, _ := utf8.DecodeRuneInString(e.Name); !unicode.IsUpper(r) || !isIdentifier(e.Name) {
		v.fail("field %q of the host is not exported", e.Name)
	}
}

func (v *verifier) index(e *Index) {
	_, u := v.underlying(e.X)
	if u != nil && u.Kind == MapKind {
		v.sameType("the key", v.expr(e.I), u.Key)
		return
	}
	v.integer("the index", e.I)
}

func (v *verifier) slice(e *Slice) {
	_, u := v.underlying(e.X)
	for _, bound := range []Expr{e.Lo, e.Hi, e.Max} {
		if bound != nil {
			v.integer("a bound", bound)
		}
	}
	if u != nil && u.Kind == String && e.Max != nil {
		v.fail("a slice of a string has no max")
	}
	if e.Max != nil && e.Hi == nil {
		v.fail("a slice with max needs hi")
	}
}

// measured checks the operand of len or cap; a pointer to an array counts as the array.
func (v *verifier) measured(x Expr, op string, kinds ...Kind) {
	t, u := v.underlying(x)
	if u != nil && u.Kind == PtrKind {
		if a := Underlying(v.p, u.Elem); a != nil && a.Kind == ArrayKind {
			return
		}
	}
	if u != nil && !slices.Contains(kinds, u.Kind) {
		v.fail("%s of type %s", op, t)
	}
}

func (v *verifier) structLit(e *StructLit) {
	if !v.draftType(e.Type) && !v.valueType(e.Type) {
		return
	}
	if _, ok := Fields(v.p, e.Type); !ok {
		v.fail("type %s is no struct", e.Type)
		return
	}
	seen := map[string]bool{}
	for _, f := range e.Fields {
		t := v.expr(f.To)
		d := FieldOf(v.p, e.Type, f.Name)
		switch {
		case d == nil || f.Name == "_":
			v.fail("type %s has no field %q", e.Type, f.Name)
		case seen[f.Name]:
			v.fail("field %q is set twice", f.Name)
		default:
			v.sameType("field \""+f.Name+"\"", t, d.Type)
		}
		seen[f.Name] = true
	}
}

func (v *verifier) arrayLit(e *ArrayLit) {
	u := v.written(e.Type, ArrayKind, "array")
	if u == nil {
		return
	}
	v.elems(e.Elems, u.Elem)
	if len(e.At) == 0 {
		if len(e.Elems) > u.Len {
			v.fail("%d elements for %s", len(e.Elems), e.Type)
		}
		return
	}
	if len(e.At) != len(e.Elems) {
		v.fail("%d places for %d elements", len(e.At), len(e.Elems))
	}
	seen := map[int]bool{}
	for _, at := range e.At {
		if at < 0 || at >= u.Len || seen[at] {
			v.fail("place %d of %s is out of range or taken", at, e.Type)
		}
		seen[at] = true
	}
}

// convertible says whether Convert can turn values of one type into another.
func (v *verifier) convertible(from, to *Type) bool {
	f, t := Underlying(v.p, from), Underlying(v.p, to)
	switch {
	case f == nil || t == nil:
		return false
	case IsInterface(v.p, t):
		return IsInterface(v.p, f) && Implements(v.p, from, to) || f.Kind == Host
	case f.Kind == Host || t.Kind == Host:
		return true // host types have structure that the program does not see
	case isComplex(f.Kind) || isComplex(t.Kind):
		return isComplex(f.Kind) && isComplex(t.Kind)
	case isNumeric(f.Kind) && isNumeric(t.Kind):
		return true
	case t.Kind == String:
		return f.Kind == String || isInteger(f.Kind) || f.Kind == ListKind && (v.isBytes(f) || v.isRunes(f))
	case f.Kind == ListKind && t.Kind == ArrayKind:
		return f.Elem.Equal(t.Elem)
	case f.Kind == ListKind && t.Kind == PtrKind:
		a := Underlying(v.p, t.Elem)
		return a != nil && a.Kind == ArrayKind && f.Elem.Equal(a.Elem)
	case f.Kind == PtrKind && t.Kind == PtrKind:
		return v.sameStructure(Underlying(v.p, f.Elem), Underlying(v.p, t.Elem))
	}
	return v.sameStructure(f, t)
}

// sameStructure says whether two underlying types are identical: structs by their fields, tags aside.
func (v *verifier) sameStructure(f, t *Type) bool {
	if f == nil || t == nil {
		return false
	}
	if f.Equal(t) {
		return true
	}
	a, ok1 := Fields(v.p, f)
	b, ok2 := Fields(v.p, t)
	if !ok1 || !ok2 || len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Embedded != b[i].Embedded || !a[i].Type.Equal(b[i].Type) {
			return false
		}
	}
	return true
}

// place checks something that can be assigned, or, for its address, that lives on: a variable is then a cell.
func (v *verifier) place(e Expr, address bool) *Type {
	v.depth++
	defer func() { v.depth-- }()
	if v.depth > maxExprDepth {
		v.fail("an expression is nested deeper than %d", maxExprDepth)
		return nil
	}
	switch x := e.(type) {
	case *Name:
		l := v.s.Local(x.Name)
		switch {
		case l == nil && v.s.IsSelf(x):
			v.fail("the own receiver %q cannot be assigned, nor its address taken", x.Name)
			return nil
		case address && l != nil && !l.Cell:
			v.fail("the address of %q, which is no cell", x.Name)
			return nil
		}
		return v.expr(e)
	case *Field:
		if v.s.IsSelf(x.X) || !v.inPlace(x.X) {
			return v.expr(e)
		}
		v.place(x.X, address)
		return v.expr(e)
	case *Index:
		_, u := v.underlying(x.X)
		switch {
		case u == nil:
			return nil
		case u.Kind == MapKind || u.Kind == String:
			v.fail("an element of type %s is no place", u)
			return nil
		case u.Kind == ArrayKind:
			v.place(x.X, address)
		}
		return v.expr(e)
	case *Deref:
		return v.expr(e)
	case *Global:
		if IsHostName(x.Name) {
			v.fail("variable %q of the host cannot be assigned", x.Name)
			return nil
		}
		return v.expr(e)
	}
	v.expr(e)
	v.fail("%s is no place", ExprText(e))
	return nil
}

// inPlace says whether a field lies in the value of an expression itself, not behind a pointer.
func (v *verifier) inPlace(e Expr) bool {
	t, err := v.s.TypeOf(e)
	if err != nil {
		return false // reported with the expression
	}
	u := Underlying(v.p, t)
	return u == nil || u.Kind != PtrKind
}
