// This file lowers the package variables that the program uses, and the functions that set them before the first request.

package frontend

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/packages"

	"github.com/stateful-entities/sfc/ir"
)

// initName is the function that sets the package variables.
const initName = "init"

// varName asks for a package variable and gives its name.
func (c *compiler) varName(o *types.Var, n ast.Node) string {
	if name, ok := c.varNames[o]; ok {
		return name
	}
	name := c.qualified(o.Pkg(), o.Name())
	c.varNames[o] = name
	c.prog.Vars = append(c.prog.Vars, &ir.Var{Name: name, Type: c.typ(o.Type(), n), At: c.at(o.Pos())})
	return name
}

// initialise lowers the initialisers of the variables in use, until lowering them asks for nothing new.
func (c *compiler) initialise() {
	for {
		vars := len(c.varNames)
		if vars == 0 {
			return
		}
		funcs := len(c.prog.Funcs)
		f := c.initFunc()
		c.drain()
		if len(c.varNames) == vars {
			if len(f.out.Blocks) == 1 && len(f.out.Blocks[0].Do) == 0 {
				c.forget(funcs)
				return
			}
			c.prog.Init = initName
			return
		}
		c.forget(funcs)
	}
}

// forget drops the initialiser and its closures: it is lowered again, with more variables.
func (c *compiler) forget(funcs int) {
	keep := c.prog.Funcs[:funcs:funcs]
	for _, f := range c.prog.Funcs[funcs:] {
		if f.Name == initName || len(f.Name) > len(initName) && f.Name[:len(initName)+1] == initName+"$" {
			delete(c.funcs, f.Name)
		} else {
			keep = append(keep, f)
		}
	}
	c.prog.Funcs = keep
}

func (c *compiler) initFunc() *fn {
	out := &ir.Func{Name: initName, File: c.file(c.main.Syntax[0].Pos()), At: 1}
	c.add(out)
	f := newFn(c, c.main, out)
	f.inInit = true
	f.start(f.newBlock())
	f.scope = &scope{sig: types.NewSignatureType(nil, nil, nil, nil, nil, false), labels: map[string]*ir.Block{}}
	func() {
		defer f.guard(c.main.Syntax[0].Name)
		for _, p := range c.all {
			f.pkg = p
			f.initPackage(p)
		}
		f.end(&ir.Return{})
		f.tidy()
	}()
	return f
}

func (c *compiler) usesVars(p *packages.Package) bool {
	for o := range c.varNames {
		if o.Pkg() == p.Types {
			return true
		}
	}
	return false
}

// initPackage sets a package's variables in the order that Go has found, then runs its init functions.
func (f *fn) initPackage(p *packages.Package) {
	for _, i := range p.TypesInfo.InitOrder {
		used := f.setsVars(p, i.Rhs)
		for _, v := range i.Lhs {
			_, ok := f.varNames[v]
			used = used || ok
		}
		if used {
			f.cellsOf(i.Rhs)
			f.at = f.line(i.Lhs[0].Pos())
			f.initVars(i)
		}
	}
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" && d.Body != nil && (f.usesVars(p) || f.setsVars(p, d.Body)) {
				f.cellsOf(d)
				sig := p.TypesInfo.Defs[d.Name].Type().(*types.Signature)
				f.inline(d.Type, d.Body, sig, nil, nil, false)
			}
		}
	}
}

func (f *fn) cellsOf(n ast.Node) {
	for v := range capturedVars(f.pkg.TypesInfo, n) {
		f.cells[v] = true
	}
}

func (f *fn) initVars(i *types.Initializer) {
	defer f.guard(i.Rhs)
	targets := make([]*target, len(i.Lhs))
	for j, v := range i.Lhs {
		if v.Name() == "_" {
			targets[j] = &target{blank: true, typ: v.Type(), node: i.Rhs}
			continue
		}
		if _, used := f.varNames[v]; !used && len(i.Lhs) > 1 {
			targets[j] = &target{blank: true, typ: v.Type(), node: i.Rhs}
			continue
		}
		name := f.varName(v, i.Rhs)
		targets[j] = &target{place: func() ir.Expr { return &ir.Global{Name: name} }, typ: v.Type(), node: i.Rhs}
	}
	var ops []operand
	if len(i.Lhs) == 1 {
		ops = []operand{f.exprTo(i.Rhs, targets[0].typ)}
	} else {
		names, list := f.multi(i.Rhs, targets)
		for j := range names {
			ops = append(ops, f.convert(nameOf(names[j]), nil, list[j], targets[j].typ, len(f.pending)))
		}
	}
	f.storeAll(targets, ops)
	f.flush()
}

// setsVars says whether code writes a package variable that the program uses, itself or by what it calls.
func (c *compiler) setsVars(p *packages.Package, n ast.Node) bool {
	return c.setsVarsIn(p, n, map[*types.Func]bool{})
}

func (c *compiler) setsVarsIn(p *packages.Package, n ast.Node, seen map[*types.Func]bool) bool {
	found := false
	written := func(e ast.Expr) {
		for {
			switch x := ast.Unparen(e).(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.SelectorExpr:
				if p.TypesInfo.Selections[x] == nil {
					e = x.Sel
				} else {
					e = x.X
				}
			case *ast.Ident:
				v, ok := p.TypesInfo.Uses[x].(*types.Var)
				_, used := c.varNames[v]
				found = found || ok && used
				return
			default:
				return
			}
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				written(l)
			}
		case *ast.IncDecStmt:
			written(n.X)
		case *ast.RangeStmt:
			if n.Key != nil {
				written(n.Key)
			}
			if n.Value != nil {
				written(n.Value)
			}
		case *ast.CallExpr: // delete, clear, copy
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && len(n.Args) > 0 {
				if b, ok := p.TypesInfo.Uses[id].(*types.Builtin); ok && (b.Name() == "delete" || b.Name() == "clear" || b.Name() == "copy") {
					written(n.Args[0])
				}
			}
		case *ast.Ident:
			f, ok := p.TypesInfo.Uses[n].(*types.Func)
			if !ok || seen[f.Origin()] {
				break
			}
			seen[f.Origin()] = true
			if d := c.decls[f.Origin()]; d != nil {
				found = found || c.setsVarsIn(d.pkg, d.decl.Body, seen)
			}
		}
		return !found
	})
	return found
}
