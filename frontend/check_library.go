// This file checks reached code against the table of the standard library.

package frontend

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/stateful-entities/sfc/internal/diag"
)

// checkLibrary refuses what a body uses of other packages, unless the table allows it.
func (c *checker) checkLibrary(b *body) {
	info := b.info()
	walk(b.node, func(n ast.Node, above []ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			switch o := info.Uses[n].(type) {
			case *types.Func:
				c.checkLibraryFunc(b, n, o, above)
			case *types.Var:
				c.checkLibraryVar(b, n, o)
			case *types.TypeName:
				c.checkLibraryType(b, n, o)
			case *types.Builtin:
				if o.Pkg() == types.Unsafe {
					c.refuse("SF1206", b, n, "uses unsafe."+o.Name(), "addresses mean nothing after a restart or on another machine").
						WithHelp("use ordinary conversions, encoding/binary or math.Float64bits")
				}
			}
		case *ast.CallExpr:
			c.checkCallback(b, n)
		}
		return true
	})
}

// foreign says whether a package is neither the program's nor sfc's own.
func (c *checker) foreign(p *types.Package) bool {
	return p != nil && !c.ours(p) && p.Path() != sfcPath && p != types.Unsafe
}

// isStandard says whether an import path is one of Go's own: its first element has no dot.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func (c *checker) checkLibraryFunc(b *body, id *ast.Ident, fn *types.Func, above []ast.Node) {
	if fn.Pkg() != nil && fn.Pkg().Path() == sfcPath {
		c.checkSfcValue(b, id, above)
		return
	}
	if !c.foreign(fn.Pkg()) || c.onBadField(b, above) {
		return
	}
	if !isStandard(fn.Pkg().Path()) {
		c.refuseForeign(b, id, fn.Pkg().Path(), "calls "+c.nameOf(fn))
		return
	}
	row := Lookup(externName(fn.Origin()))
	if !row.Allowed {
		c.refuseRow(b, id, "calls "+shortName(row.Name), row)
		return
	}
	c.checkInitial(b, id, row, above)
	c.checkOrder(b, id, row)
	if row.Iter && !c.insideLibraryCall(b, above) {
		c.refuse("SF1504", b, id, "calls "+shortName(row.Name), "it gives an iterator, which is supported only as an argument of another library call").
			WithHelp("range over the map or slice itself: the order is sorted").
			WithHelp("or collect it: `slices.Sorted(%s(…))`, `slices.Collect(%s(…))`", shortName(row.Name), shortName(row.Name))
	}
}

// checkSfcValue refuses sfc.Get and friends as values.
func (c *checker) checkSfcValue(b *body, id *ast.Ident, above []ast.Node) {
	for i := len(above) - 1; i >= 0; i-- {
		switch up := above[i].(type) {
		case *ast.SelectorExpr, *ast.IndexExpr, *ast.ParenExpr:
			continue
		case *ast.CallExpr:
			if up.Fun.Pos() <= id.Pos() && id.End() <= up.Fun.End() {
				return
			}
		}
		break
	}
	if fn := b.info().Uses[id]; fn.Name() == "Error" {
		return // the method of *sfc.Error
	}
	c.refuse("SF1120", b, id, "uses sfc."+id.Name+" as a value", "it is not a function but a construct of the language").
		WithHelp("call it: a function literal can do that where a value is needed")
}

// shortName drops the path of a package: rand.IntN for math/rand/v2.IntN.
func shortName(name string) string {
	pkg, rest := splitExtern(name)
	parts := strings.Split(pkg, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = parts[len(parts)-2]
	}
	return last + "." + rest
}

func (c *checker) refuseRow(b *body, n ast.Node, what string, row Row) {
	c.refuse(row.Code, b, n, what, row.Why).WithHelp("%s", row.Instead)
}

func (c *checker) refuseForeign(b *body, n ast.Node, path, what string) {
	if c.foreignSeen[path] {
		return
	}
	if c.foreignSeen == nil {
		c.foreignSeen = map[string]bool{}
	}
	c.foreignSeen[path] = true
	c.refuse("SF1001", b, n, what, "package "+path+" is neither in the module nor declared pure").
		WithHelp("copy the few functions that you need into the module").
		WithHelp("or declare it in sfc.yaml, if it computes and does nothing else: `pure: [%s]`", path)
}

// onBadField says whether a method is called on a field of state that is reported already: u.mu.Lock().
func (c *checker) onBadField(b *body, above []ast.Node) bool {
	sel, ok := parent(above).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if s := b.info().Selections[sel]; s != nil {
		t := s.Recv() // a promoted method: the embedded field is the bad one
		for _, i := range s.Index()[:len(s.Index())-1] {
			u, isStruct := deref(t).Underlying().(*types.Struct)
			if !isStruct {
				break
			}
			if c.badFields[u.Field(i)] {
				return true
			}
			t = u.Field(i).Type()
		}
	}
	inner, ok := ast.Unparen(sel.X).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := b.info().ObjectOf(inner.Sel).(*types.Var)
	return ok && c.badFields[v]
}

// insideLibraryCall says whether the call of a function stands directly among the arguments of a library call.
func (c *checker) insideLibraryCall(b *body, above []ast.Node) bool {
	calls := 0
	for i := len(above) - 1; i >= 0; i-- {
		switch up := above[i].(type) {
		case *ast.SelectorExpr, *ast.ParenExpr, *ast.IndexExpr, *ast.IndexListExpr:
		case *ast.CallExpr:
			if calls++; calls == 2 {
				fn, ok := typeutil.Callee(b.info(), up).(*types.Func)
				return ok && c.foreign(fn.Pkg())
			}
		default:
			return false
		}
	}
	return false
}

func (c *checker) checkLibraryVar(b *body, id *ast.Ident, v *types.Var) {
	if v.Pkg() == nil || v.IsField() || v.Parent() != v.Pkg().Scope() {
		return
	}
	if c.ours(v.Pkg()) {
		if isGenerator(v.Type()) && !b.init {
			c.refuse("SF1307", b, id, "draws from the generator "+v.Name(), "it lasts from request to request, so a repeated request would draw other numbers").
				WithHelp("use the top-level functions of math/rand/v2: they are seeded by the request id").
				WithHelp("or make the generator in the method, from a seed: `rand.New(rand.NewPCG(seed, 0))`")
		}
		return
	}
	if !c.foreign(v.Pkg()) {
		return
	}
	if !isStandard(v.Pkg().Path()) {
		c.refuseForeign(b, id, v.Pkg().Path(), "uses "+v.Pkg().Name()+"."+v.Name())
		return
	}
	row := Lookup(v.Pkg().Path() + "." + v.Name())
	if !row.Allowed {
		c.refuseRow(b, id, "uses "+shortName(row.Name), row)
	}
}

// isGenerator says whether a type is a generator of random numbers, or a pointer to one.
func isGenerator(t types.Type) bool {
	n, ok := deref(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return false
	}
	p := n.Obj().Pkg().Path()
	return p == "math/rand" || p == "math/rand/v2"
}

func (c *checker) checkLibraryType(b *body, id *ast.Ident, o *types.TypeName) {
	if o.Pkg() == types.Unsafe {
		c.refuse("SF1206", b, id, "uses unsafe."+o.Name(), "addresses mean nothing after a restart or on another machine").
			WithHelp("use ordinary conversions, encoding/binary or math.Float64bits")
		return
	}
	if !c.foreign(o.Pkg()) || o.IsAlias() {
		return
	}
	if _, ok := o.Type().(*types.TypeParam); ok {
		return
	}
	if !isStandard(o.Pkg().Path()) {
		c.refuseForeign(b, id, o.Pkg().Path(), "uses "+o.Pkg().Name()+"."+o.Name())
		return
	}
	save, row := LookupType(o.Pkg().Path() + "." + o.Name())
	if save == SaveRefused {
		c.refuseRow(b, id, "uses "+shortName(row.Name), row)
	}
}

// checkCgo refuses packages that use C, at their imports.
func (c *checker) checkCgo() {
	for _, p := range c.all {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, nil, parser.ImportsOnly)
			if err != nil {
				continue
			}
			for _, i := range f.Imports {
				if i.Path.Value == `"C"` {
					at := fset.Position(i.Pos())
					c.diags.Add(diag.New("SF1206", diag.Position{File: name, Line: at.Line, Col: at.Column}, "package %s uses cgo: there is no Go body to compile, and C can do anything", p.Name).
						WithHelp("write it in Go, or use the standard library"))
				}
			}
		}
	}
}
