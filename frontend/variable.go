// This file declares the variables of a function: receiver, parameters, results, locals and temporaries.

package frontend

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// variable is a Go variable in its function.
type variable struct {
	name  string
	typ   *ir.Type
	cell  bool
	draft bool
	ctx   bool
}

func (f *fn) receiver(recv *ast.FieldList) {
	if recv == nil || len(recv.List) == 0 {
		return
	}
	var obj types.Object
	name := "_"
	if names := recv.List[0].Names; len(names) > 0 {
		obj, name = f.pkg.TypesInfo.Defs[names[0]], names[0].Name
	}
	if f.entity != nil {
		if name == "_" {
			name = "self"
		}
		f.self = obj
		f.out.Self = f.unique(name)
		return
	}
	t := f.pkg.TypesInfo.TypeOf(recv.List[0].Type)
	f.param(obj, name, f.sub.apply(t), recv.List[0])
}

func (f *fn) params(typ *ast.FuncType) {
	first := true
	for _, field := range typ.Params.List {
		t := f.pkg.TypesInfo.TypeOf(field.Type)
		if e, ok := field.Type.(*ast.Ellipsis); ok {
			t = types.NewSlice(f.pkg.TypesInfo.TypeOf(e.Elt))
			f.out.Variadic = true
		}
		names := field.Names
		if len(names) == 0 {
			names = []*ast.Ident{{Name: "_", NamePos: field.Pos()}}
		}
		for _, name := range names {
			obj := f.pkg.TypesInfo.Defs[name]
			if first && isContext(t) {
				if obj != nil {
					f.vars[obj] = &variable{name: name.Name, ctx: true}
				}
			} else {
				f.param(obj, name.Name, f.sub.apply(t), name)
			}
			first = false
		}
	}
}

// param declares a parameter; one that must be a cell is copied into a variable first.
func (f *fn) param(obj types.Object, name string, t types.Type, n ast.Node) {
	it := f.typ(t, n)
	if name == "_" {
		name = fmt.Sprintf("_%d", len(f.out.Params)+1)
	}
	p := &ir.Local{Name: f.unique(name), Type: it}
	f.out.Params = append(f.out.Params, p)
	if obj == nil {
		return
	}
	if !f.cells[obj] {
		f.vars[obj] = &variable{name: p.Name, typ: it}
		return
	}
	v := f.local(name, it, true)
	f.vars[obj] = v
	f.do(&ir.NewCell{Local: v.name, To: &ir.Name{Name: p.Name}, At: f.at})
}

// results declares the results; named ones, and all of a function with defers, are variables.
func (f *fn) results(typ *ast.FuncType) {
	i := 0
	sig := f.scope.sig
	if typ.Results == nil {
		return
	}
	for _, field := range typ.Results.List {
		names := field.Names
		if len(names) == 0 {
			names = []*ast.Ident{nil}
		}
		for _, name := range names {
			f.result(name, sig.Results().At(i).Type(), field)
			i++
		}
	}
}

func (f *fn) result(name *ast.Ident, t types.Type, n ast.Node) {
	it := f.typ(t, n)
	shown := "_"
	if name != nil && name.Name != "_" {
		shown = name.Name
	}
	if f.scope.exit == nil { // the function's own
		f.out.Results = append(f.out.Results, &ir.Local{Name: shown, Type: it})
	}
	if name == nil {
		f.scope.results = append(f.scope.results, nil)
		return
	}
	f.scope.named = true
	obj := f.pkg.TypesInfo.Defs[name]
	v := f.declare(obj, name, t)
	f.scope.results = append(f.scope.results, v)
	f.setVar(v, f.zero(v.typ), true)
}

// resultVars gives unnamed results a variable each, for a body whose return is not its end.
func (f *fn) resultVars(n ast.Node) {
	for i, v := range f.scope.results {
		if v == nil {
			it := f.typ(f.scope.sig.Results().At(i).Type(), n)
			v := &variable{name: f.temp(it), typ: it}
			f.scope.results[i] = v
			f.do(&ir.Set{Place: &ir.Name{Name: v.name}, To: f.zero(it), At: f.at})
		}
	}
}

// unique gives a name that no other variable of the function has.
func (f *fn) unique(name string) string {
	f.names[name]++
	if n := f.names[name]; n > 1 {
		for {
			next := fmt.Sprintf("%s.%d", name, n)
			if f.names[next] == 0 {
				f.names[next] = 1
				return next
			}
			n++
		}
	}
	return name
}

// local adds a variable.
func (f *fn) local(name string, t *ir.Type, cell bool) *variable {
	if name == "_" {
		name = "blank"
	}
	v := &variable{name: f.unique(name), typ: t, cell: cell}
	f.out.Locals = append(f.out.Locals, &ir.Local{Name: v.name, Type: t, Cell: cell})
	return v
}

// temp adds a temporary and gives its name.
func (f *fn) temp(t *ir.Type) string {
	for {
		f.temps++
		name := fmt.Sprintf("t%d", f.temps)
		if f.names[name] == 0 {
			f.names[name] = 1
			f.out.Locals = append(f.out.Locals, &ir.Local{Name: name, Type: t, Temp: true})
			return name
		}
	}
}

// declare makes the variable of a Go variable, named by an identifier.
func (f *fn) declare(obj types.Object, name *ast.Ident, t types.Type) *variable {
	it := f.varType(obj, t, name)
	v := f.local(name.Name, it, obj != nil && f.cells[obj])
	v.draft = obj != nil && f.drafts[obj]
	f.surelyDraft[v.name] = v.draft && f.sure[obj]
	if obj != nil {
		f.vars[obj] = v
	}
	return v
}

func (f *fn) varType(obj types.Object, t types.Type, n ast.Node) *ir.Type {
	if obj != nil && f.drafts[obj] {
		return f.draftType()
	}
	return f.typ(t, n)
}

func (f *fn) draftType() *ir.Type {
	f.refType()
	return ir.PtrType(ir.NamedType(f.creates.name))
}

// refType declares the created entity's type and gives the type of references to it.
func (f *fn) refType() *ir.Type {
	return f.typ(types.NewPointer(f.creates.obj.Type()), nil)
}

// lookup finds a variable, capturing it if it belongs to a function around.
func (f *fn) lookup(obj types.Object) *variable {
	if v := f.vars[obj]; v != nil {
		return v
	}
	if f.parent == nil {
		return nil
	}
	v := f.parent.lookup(obj)
	if v == nil || v.ctx {
		return v
	}
	if !v.cell {
		internal("captured variable %s is no cell", v.name)
	}
	captured := &variable{name: v.name, typ: v.typ, cell: true, draft: v.draft}
	f.vars[obj] = captured
	f.out.Captures = append(f.out.Captures, &ir.Local{Name: v.name, Type: v.typ, Cell: true})
	return captured
}

// setVar assigns a variable; fresh makes a new cell of one that is shared.
func (f *fn) setVar(v *variable, x ir.Expr, fresh bool) {
	if v.cell && fresh {
		f.do(&ir.NewCell{Local: v.name, To: x, At: f.at})
		return
	}
	f.do(&ir.Set{Place: &ir.Name{Name: v.name}, To: x, At: f.at})
}
