// This file verifies instructions and terminators.

package ir

import "reflect"

// sameType checks that something is of a type. A type that is not known has been reported before.
func (v *verifier) sameType(what string, got, want *Type) {
	if got != nil && want != nil && !got.Equal(want) {
		v.fail("%s is of type %s, not %s", what, got, want)
	}
}

// target checks a variable that takes a result; "_" drops it.
func (v *verifier) target(name string, t *Type) {
	if name == "_" {
		return
	}
	l := v.s.Local(name)
	switch {
	case l == nil && name == v.s.Func.Self && name != "":
		v.fail("the own receiver %q cannot be assigned", name)
	case l == nil:
		v.fail("local %q is not declared", name)
	default:
		v.sameType("local \""+name+"\"", l.Type, t)
	}
}

// targets checks the variables that take results; none at all drops them.
func (v *verifier) targets(names []string, types []*Type) {
	if len(names) == 0 {
		return
	}
	if len(names) != len(types) {
		v.fail("%d results go into %d locals", len(types), len(names))
		return
	}
	for i, n := range names {
		v.target(n, types[i])
	}
}

// args checks arguments against parameters.
func (v *verifier) args(args []Expr, params []*Type) {
	if len(args) != len(params) {
		v.fail("%d arguments for %d parameters", len(args), len(params))
		for _, a := range args {
			v.expr(a)
		}
		return
	}
	for i, a := range args {
		if t := v.expr(a); t != nil && params[i] != nil && !t.Equal(params[i]) {
			v.fail("argument %d is of type %s, not %s", i, t, params[i])
		}
	}
}

// kinds checks that an expression's type is of one of some kinds, and gives it and the type behind its name.
func (v *verifier) kinds(what string, x Expr, kinds ...Kind) (*Type, *Type) {
	t := v.expr(x)
	if t == nil {
		return nil, nil
	}
	u := Underlying(v.p, t)
	if u == nil {
		return nil, nil
	}
	for _, k := range kinds {
		if u.Kind == k {
			return t, u
		}
	}
	v.fail("%s is of type %s", what, t)
	return nil, nil
}

// integer checks an index, length or shift count.
func (v *verifier) integer(what string, x Expr) {
	if t := v.expr(x); t != nil {
		if u := Underlying(v.p, t); u == nil || !isInteger(u.Kind) {
			v.fail("%s is of type %s, not an integer", what, t)
		}
	}
}

// written checks a type that an instruction names, and that it is of a kind.
func (v *verifier) written(t *Type, kind Kind, what string) *Type {
	if !v.valueType(t) {
		return nil
	}
	u := Underlying(v.p, t)
	if u == nil || u.Kind != kind {
		v.fail("type %s is no %s", t, what)
		return nil
	}
	return u
}

func (v *verifier) instr(i Instr) {
	if i == nil || reflect.ValueOf(i).IsNil() {
		v.fail("the instruction is missing")
		return
	}
	switch i := i.(type) {
	case *Set:
		t := v.place(i.Place, false)
		v.sameType("the value", v.expr(i.To), t)
	case *NewCell:
		t := v.expr(i.To)
		if l := v.s.Local(i.Local); l == nil || !l.Cell || v.s.order[i.Local] < len(v.s.Func.Params)+len(v.s.Func.Captures) {
			v.fail("%q is no local that is a cell", i.Local)
		} else {
			v.sameType("the value", t, l.Type)
		}
	case *Eval:
		v.expr(i.X)
	case *Call:
		v.call(i)
	case *CallFace:
		v.callFace(i)
	case *CallFunc:
		if _, u := v.kinds("the called value", i.Fn, FuncKind); u != nil {
			v.args(i.Args, u.Params)
			v.targets(i.Into, u.Results)
		}
	case *CallExtern:
		x := v.p.Extern(i.Extern)
		if x == nil {
			v.fail("extern %q is not declared", i.Extern)
			return
		}
		v.args(i.Args, x.Params)
		v.targets(i.Into, x.Results)
	case *Append:
		v.appendTo(i)
	case *Copy:
		if _, u := v.kinds("the target of a copy", i.Dst, ListKind); u != nil {
			v.spread(i.Src, u.Elem)
		}
		if i.Into != "" {
			v.target(i.Into, Basic(Int))
		}
	case *Clear:
		v.kinds("what is cleared", i.X, ListKind, MapKind)
	case *MapSet:
		if u := v.mapAndKey(i.Map, i.Key); u != nil {
			v.sameType("the value", v.expr(i.To), u.Elem)
		}
	case *MapGet:
		if u := v.mapAndKey(i.Map, i.Key); u != nil {
			if len(i.Into) != 2 {
				v.fail("mapget goes into a value and a bool")
				return
			}
			v.targets(i.Into, []*Type{u.Elem, Basic(Bool)})
		}
	case *MapDel:
		v.mapAndKey(i.Map, i.Key)
	case *Keys:
		if _, u := v.kinds("what keys are taken of", i.Map, MapKind); u != nil {
			v.oneOrTwo(i.Into, ListType(u.Key), ListType(u.Elem))
		}
	case *Assert:
		v.assert(i)
	default:
		v.allocation(i)
	}
}

// allocation checks the instructions that make something new, and the few that are left.
func (v *verifier) allocation(i Instr) {
	switch i := i.(type) {
	case *New:
		if !v.draftType(i.Type) && !v.valueType(i.Type) {
			return
		}
		if i.To != nil {
			v.sameType("the value", v.expr(i.To), i.Type)
		}
		v.target(i.Into, PtrType(i.Type))
	case *MakeList:
		v.written(i.Type, ListKind, "list")
		v.integer("the length", i.Len)
		if i.Cap != nil {
			v.integer("the capacity", i.Cap)
		}
		v.target(i.Into, i.Type)
	case *List:
		if u := v.written(i.Type, ListKind, "list"); u != nil {
			v.elems(i.Elems, u.Elem)
		}
		v.target(i.Into, i.Type)
	case *ListOf:
		v.kinds("the converted value", i.X, String)
		if u := v.written(i.Type, ListKind, "list"); u != nil && !v.isBytes(u) && !v.isRunes(u) {
			v.fail("a string becomes a list of u8 or i32, not %s", i.Type)
		}
		v.target(i.Into, i.Type)
	case *MakeMap:
		v.written(i.Type, MapKind, "map")
		v.target(i.Into, i.Type)
	case *Closure:
		v.closure(i)
	case *Recover:
		v.slot(i.Slot)
		v.target(i.Into, Basic(Any))
	case *Print:
		for _, a := range i.Args {
			v.expr(a)
		}
	}
}

// draftType says whether a type is the state of an entity: it may be allocated, as a draft.
func (v *verifier) draftType(t *Type) bool {
	return t != nil && t.Kind == NamedKind && v.p.Entity(t.Name) != nil && v.p.Type(t.Name) != nil
}

func (v *verifier) elemKind(list *Type) Kind {
	if u := Underlying(v.p, list.Elem); u != nil {
		return u.Kind
	}
	return Invalid
}

func (v *verifier) isBytes(list *Type) bool { return v.elemKind(list) == U8 }
func (v *verifier) isRunes(list *Type) bool { return v.elemKind(list) == I32 }

func (v *verifier) elems(elems []Expr, t *Type) {
	for n, e := range elems {
		if got := v.expr(e); got != nil && !got.Equal(t) {
			v.fail("element %d is of type %s, not %s", n, got, t)
		}
	}
}

func (v *verifier) oneOrTwo(names []string, a, b *Type) {
	if len(names) != 1 && len(names) != 2 {
		v.fail("results go into one or two locals, not %d", len(names))
		return
	}
	v.targets(names, []*Type{a, b}[:len(names)])
}

func (v *verifier) mapAndKey(m, key Expr) *Type {
	_, u := v.kinds("the map", m, MapKind)
	t := v.expr(key)
	if u != nil {
		v.sameType("the key", t, u.Key)
	}
	return u
}

// spread checks a list or string whose elements go into a list.
func (v *verifier) spread(x Expr, elem *Type) {
	t, u := v.kinds("what is spread", x, ListKind, String)
	if u == nil {
		return
	}
	if u.Kind == ListKind && !u.Elem.Equal(elem) || u.Kind == String && !v.isBytes(ListType(elem)) {
		v.fail("elements of %s do not go into a list of %s", t, elem)
	}
}

func (v *verifier) appendTo(i *Append) {
	t, u := v.kinds("what is appended to", i.List, ListKind)
	if u == nil {
		return
	}
	if i.Spread != nil {
		if len(i.Elems) > 0 {
			v.fail("append takes elems or spread, not both")
		}
		v.spread(i.Spread, u.Elem)
	}
	v.elems(i.Elems, u.Elem)
	v.target(i.Into, t)
}

// call checks a direct call; a method of an entity runs on the caller's own receiver, or on a draft.
func (v *verifier) call(i *Call) {
	f := v.p.Func(i.Func)
	if f == nil {
		v.fail("function %q is not declared", i.Func)
		return
	}
	switch {
	case len(f.Captures) > 0:
		v.fail("function %q is a closure: it is called as a func value", f.Name)
	case i.On != nil && f.Self == "":
		v.fail("function %q has no own receiver", f.Name)
	case i.On != nil:
		if t := v.expr(i.On); t != nil && !t.Equal(PtrType(NamedType(f.Entity))) {
			v.fail("a call on a draft needs a %s, not %s", PtrType(NamedType(f.Entity)), t)
		}
	case f.Self != "" && (v.s.Func.Self == "" || v.s.Func.Entity != f.Entity):
		v.fail("method %q is called on another receiver: that is an invoke", f.Name)
	}
	t := FuncType(f)
	v.args(i.Args, t.Params)
	v.targets(i.Into, t.Results)
}

func (v *verifier) callFace(i *CallFace) {
	t := v.expr(i.Recv)
	if t == nil {
		return
	}
	sigs, ok := Sigs(v.p, t)
	if !ok {
		v.fail("the receiver is of type %s, not an interface", t)
		return
	}
	for _, s := range sigs {
		if s.Name == i.Method && s.Type != nil && s.Type.Kind == FuncKind {
			v.args(i.Args, s.Type.Params)
			v.targets(i.Into, s.Type.Results)
			return
		}
	}
	v.fail("interface %s has no method %q", t, i.Method)
}

func (v *verifier) closure(i *Closure) {
	f := v.p.Func(i.Func)
	if f == nil {
		v.fail("function %q is not declared", i.Func)
		return
	}
	if f.Self != "" && (v.s.Func.Self == "" || v.s.Func.Entity != f.Entity) {
		v.fail("closure %q uses the own receiver of another function", f.Name)
	}
	if len(i.Cells) != len(f.Captures) {
		v.fail("%d cells for %d captures", len(i.Cells), len(f.Captures))
		return
	}
	for n, c := range i.Cells {
		if l := v.s.Local(c); l == nil || !l.Cell {
			v.fail("%q is no cell", c)
		} else {
			v.sameType("cell \""+c+"\"", l.Type, f.Captures[n].Type)
		}
	}
	v.target(i.Into, FuncType(f))
}

func (v *verifier) assert(i *Assert) {
	t := v.expr(i.X)
	if t == nil || !v.valueType(i.Type) {
		return
	}
	switch {
	case !IsInterface(v.p, t):
		v.fail("the asserted value is of type %s, not an interface", t)
	case !IsInterface(v.p, i.Type) && !Implements(v.p, i.Type, t):
		v.fail("type %s does not implement %s", i.Type, t)
	}
	v.oneOrTwo(i.Into, i.Type, Basic(Bool))
}

func (v *verifier) term(t Term) {
	if t == nil || reflect.ValueOf(t).IsNil() {
		v.fail("the end is missing")
		return
	}
	switch t := t.(type) {
	case *If:
		v.kinds("the condition", t.Cond, Bool)
	case *Switch:
		v.switchOn(t)
	case *Return:
		types := FuncType(v.s.Func).Results
		if len(t.Values) != len(types) {
			v.fail("%d values for %d results", len(t.Values), len(types))
			return
		}
		for n, x := range t.Values {
			if got := v.expr(x); got != nil && types[n] != nil && !got.Equal(types[n]) {
				v.fail("result %d is of type %s, not %s", n, got, types[n])
			}
		}
	case *Panic:
		v.sameType("the panic's value", v.expr(t.X), Basic(Any))
	case *Repanic:
		v.slot(t.Slot)
	case *Invoke:
		v.invoke(t)
	case *Create:
		v.create(t)
	case *Destroy:
		v.kinds("what is deleted", t.On, RefKind)
	case *Exists:
		v.kinds("what is asked for", t.On, RefKind)
		v.target(t.Into, Basic(Bool))
	}
}

func (v *verifier) switchOn(t *Switch) {
	x := v.expr(t.X)
	if x == nil {
		return
	}
	if u := Underlying(v.p, x); u == nil || !isInteger(u.Kind) && u.Kind != String {
		v.fail("a switch is on an integer or a string, not %s", x)
	}
	seen := map[any]bool{}
	for _, c := range t.Cases {
		if c == nil || c.Is == nil {
			v.fail("a case has no literal")
			continue
		}
		v.sameType("the case", v.expr(c.Is), x)
		if reflect.TypeOf(c.Is.Value).Comparable() && seen[c.Is.Value] {
			v.fail("case %s stands twice", ExprText(c.Is))
		}
		seen[c.Is.Value] = true
	}
}

func (v *verifier) invoke(t *Invoke) {
	f := v.p.Func(t.Method)
	switch {
	case f == nil:
		v.fail("method %q is not declared", t.Method)
		return
	case f.Self == "" || len(f.Captures) > 0:
		v.fail("function %q is no method of an entity type", t.Method)
		return
	}
	v.sameType("the invoked reference", v.expr(t.On), RefType(f.Entity))
	ft := FuncType(f)
	for _, crossing := range [][]*Type{ft.Params, ft.Results} {
		for _, c := range crossing {
			if bad := v.notState(c, map[string]bool{}); bad != nil {
				v.fail("method %q: a value of type %s cannot cross to another entity", f.Name, bad)
			}
		}
	}
	v.args(t.Args, ft.Params)
	v.targets(t.Into, ft.Results)
}

func (v *verifier) create(t *Create) {
	x := v.expr(t.Draft)
	if x == nil {
		return
	}
	if x.Kind != PtrKind || !v.draftType(x.Elem) {
		v.fail("the draft is of type %s, not a pointer to an entity's state", x)
		return
	}
	if v.s.Func.Creates != x.Elem.Name {
		v.fail("only a constructor of %q creates one: creates is %q", x.Elem.Name, v.s.Func.Creates)
	}
	v.target(t.Into, RefType(x.Elem.Name))
}
