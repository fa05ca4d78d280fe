// This file visits the parts of instructions, terminators and expressions, and says what they read and assign.

package ir

// Operands gives the expressions of an instruction, in the order they are written, places included.
func Operands(i Instr) []Expr {
	switch i := i.(type) {
	case *Set:
		return []Expr{i.Place, i.To}
	case *NewCell:
		return []Expr{i.To}
	case *Eval:
		return []Expr{i.X}
	case *Call:
		return with(i.Args, i.On)
	case *CallFace:
		return with(i.Args, i.Recv)
	case *CallFunc:
		return with(i.Args, i.Fn)
	case *CallExtern:
		return i.Args
	case *Append:
		return with(i.Elems, i.List, i.Spread)
	case *Copy:
		return []Expr{i.Dst, i.Src}
	case *Clear:
		return []Expr{i.X}
	case *MapSet:
		return []Expr{i.Map, i.Key, i.To}
	case *MapGet:
		return []Expr{i.Map, i.Key}
	case *MapDel:
		return []Expr{i.Map, i.Key}
	case *Keys:
		return []Expr{i.Map}
	case *Assert:
		return []Expr{i.X}
	case *New:
		return with(nil, i.To)
	case *MakeList:
		return with(nil, i.Len, i.Cap)
	case *List:
		return i.Elems
	case *ListOf:
		return []Expr{i.X}
	case *Print:
		return i.Args
	}
	return nil
}

// TermOperands gives the expressions of a terminator.
func TermOperands(t Term) []Expr {
	switch t := t.(type) {
	case *If:
		return []Expr{t.Cond}
	case *Switch:
		return []Expr{t.X}
	case *Return:
		return t.Values
	case *Panic:
		return []Expr{t.X}
	case *Invoke:
		return with(t.Args, t.On)
	case *Create:
		return []Expr{t.Draft}
	case *Destroy:
		return []Expr{t.On}
	case *Exists:
		return []Expr{t.On}
	}
	return nil
}

// SubExprs gives the direct parts of an expression.
func SubExprs(e Expr) []Expr {
	switch e := e.(type) {
	case *Unary:
		return []Expr{e.X}
	case *Binary:
		return []Expr{e.X, e.Y}
	case *Field:
		return []Expr{e.X}
	case *Index:
		return []Expr{e.X, e.I}
	case *Slice:
		return with(nil, e.X, e.Lo, e.Hi, e.Max)
	case *Len:
		return []Expr{e.X}
	case *Cap:
		return []Expr{e.X}
	case *Deref:
		return []Expr{e.X}
	case *Addr:
		return []Expr{e.X}
	case *Convert:
		return []Expr{e.X}
	case *Box:
		return []Expr{e.X}
	case *IsNil:
		return []Expr{e.X}
	case *StructLit:
		var list []Expr
		for _, f := range e.Fields {
			list = append(list, f.To)
		}
		return list
	case *ArrayLit:
		return e.Elems
	case *RefTo:
		return []Expr{e.Key}
	case *KeyOf:
		return []Expr{e.X}
	}
	return nil
}

// with puts the expressions that are present before a list.
func with(list []Expr, first ...Expr) []Expr {
	var all []Expr
	for _, e := range first {
		if e != nil {
			all = append(all, e)
		}
	}
	return append(all, list...)
}

// WalkExpr visits an expression and, where visit answers true, its parts, outermost first.
func WalkExpr(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	for _, sub := range SubExprs(e) {
		WalkExpr(sub, visit)
	}
}

// WalkExprs visits every expression of a function, places included.
func WalkExprs(f *Func, visit func(Expr)) {
	all := func(e Expr) bool { visit(e); return true }
	for _, b := range f.Blocks {
		for _, i := range b.Do {
			for _, e := range Operands(i) {
				WalkExpr(e, all)
			}
		}
		for _, e := range TermOperands(b.End) {
			WalkExpr(e, all)
		}
	}
}

// Targets gives the locals that an instruction assigns by Into, "_" included. (Set and NewCell name theirs.)
func Targets(i Instr) []string {
	switch i := i.(type) {
	case *Call:
		return i.Into
	case *CallFace:
		return i.Into
	case *CallFunc:
		return i.Into
	case *CallExtern:
		return i.Into
	case *Append:
		return []string{i.Into}
	case *Copy:
		return optional(i.Into)
	case *MapGet:
		return i.Into
	case *Keys:
		return i.Into
	case *Assert:
		return i.Into
	case *New:
		return []string{i.Into}
	case *MakeList:
		return []string{i.Into}
	case *List:
		return []string{i.Into}
	case *ListOf:
		return []string{i.Into}
	case *MakeMap:
		return []string{i.Into}
	case *Closure:
		return []string{i.Into}
	case *Recover:
		return []string{i.Into}
	}
	return nil
}

// TermTargets gives the locals that a terminator assigns on its way to Then, "_" included.
func TermTargets(t Term) []string {
	switch t := t.(type) {
	case *Invoke:
		return t.Into
	case *Create:
		return []string{t.Into}
	case *Exists:
		return []string{t.Into}
	}
	return nil
}

func optional(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// Successors gives the blocks that a terminator goes to, in the order they are written. The block's unwind edge, which
// leaves from every point of the block, is not among them.
func Successors(t Term) []string {
	switch t := t.(type) {
	case *Jump:
		return []string{t.To}
	case *If:
		return []string{t.Then, t.Else}
	case *Switch:
		var list []string
		for _, c := range t.Cases {
			list = append(list, c.To)
		}
		return append(list, t.Default)
	case *Invoke:
		return []string{t.Then}
	case *Create:
		return []string{t.Then}
	case *Destroy:
		return []string{t.Then}
	case *Exists:
		return []string{t.Then}
	}
	return nil
}

// IsSplit says whether a terminator leaves the entity.
func IsSplit(t Term) bool {
	switch t.(type) {
	case *Invoke, *Create, *Destroy, *Exists:
		return true
	}
	return false
}

// Uses gives the variables that an instruction reads: those of its expressions, and every cell that it reads, assigns
// (a cell's contents are assigned through it) or captures. Assigning a part of a struct or array reads it too.
func (s *Scope) Uses(i Instr) []string {
	var names []string
	switch i := i.(type) {
	case *Set:
		if n, ok := i.Place.(*Name); ok {
			return s.namesIn(s.cells([]string{n.Name}), i.To)
		}
	case *Closure:
		names = append(names, i.Cells...)
	case *Recover:
		names = append(names, i.Slot)
	}
	return s.namesIn(append(names, s.cells(Targets(i))...), Operands(i)...)
}

// Defs gives the variables that an instruction gives a new value: it ends their old life.
func (s *Scope) Defs(i Instr) []string {
	switch i := i.(type) {
	case *Set:
		if n, ok := i.Place.(*Name); ok {
			return s.plain([]string{n.Name})
		}
	case *NewCell:
		return []string{i.Local}
	}
	return s.plain(Targets(i))
}

// TermUses is Uses for a terminator.
func (s *Scope) TermUses(t Term) []string {
	var names []string
	if r, ok := t.(*Repanic); ok {
		names = append(names, r.Slot)
	}
	return s.namesIn(append(names, s.cells(TermTargets(t))...), TermOperands(t)...)
}

// TermDefs gives the variables that a terminator assigns on its way to Then (not on the way of its unwind edge).
func (s *Scope) TermDefs(t Term) []string { return s.plain(TermTargets(t)) }

// namesIn adds the locals that expressions mention to a list.
func (s *Scope) namesIn(names []string, exprs ...Expr) []string {
	for _, e := range exprs {
		WalkExpr(e, func(e Expr) bool {
			switch e := e.(type) {
			case *Name:
				if s.locals[e.Name] != nil {
					names = append(names, e.Name)
				}
			case *Panicking:
				names = append(names, e.Slot)
			}
			return true
		})
	}
	return names
}

// cells gives those names that are cells.
func (s *Scope) cells(names []string) []string {
	var list []string
	for _, n := range names {
		if l := s.locals[n]; l != nil && l.Cell {
			list = append(list, n)
		}
	}
	return list
}

// plain gives those names that are locals and no cells.
func (s *Scope) plain(names []string) []string {
	var list []string
	for _, n := range names {
		if l := s.locals[n]; l != nil && !l.Cell {
			list = append(list, n)
		}
	}
	return list
}
