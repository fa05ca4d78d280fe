// This file makes the file that is added to each package: twins of methods, constructors and functions, and what
// registers them.

package plain

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/printer"
	"go/token"
	"go/types"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// wrapping says what a function's twin does.
type wrapping int

const (
	notWrapped  wrapping = iota
	method               // resolves the reference
	constructor          // registers what it returns
	function             // begins a request, if none is running
)

func writeExpr(w io.Writer, fset *token.FileSet, x ast.Expr) {
	// A bytes.Buffer or strings.Builder does not fail.
	_ = printer.Fprint(w, fset, x)
}

// wraps says how a declaration is wrapped.
func (s *source) wraps(p *packages.Package, fn *ast.FuncDecl) wrapping {
	obj, ok := p.TypesInfo.Defs[fn.Name].(*types.Func)
	if !ok || fn.Body == nil || fn.Name.Name == "_" {
		return notWrapped
	}
	sig := obj.Signature()
	switch {
	case fn.Recv != nil:
		if s.entityOf(sig.Recv().Type()) != nil {
			return method
		}
	case sig.TypeParams().Len() > 0 || fn.Name.Name == "init" || fn.Name.Name == "main":
	case s.constructs(p, fn, sig):
		return constructor
	case fn.Name.IsExported() && s.isRoot(p) && !callsRecover(p, fn):
		return function
	}
	return notWrapped
}

func (s *source) isRoot(p *packages.Package) bool {
	return slices.ContainsFunc(s.roots, func(q *packages.Package) bool { return q.PkgPath == p.PkgPath })
}

// constructs says whether a function returns *T or (*T, error) of an entity type and builds one.
func (s *source) constructs(p *packages.Package, fn *ast.FuncDecl, sig *types.Signature) bool {
	n := sig.Results().Len()
	if n == 0 || n > 2 || n == 2 && !isError(sig.Results().At(1).Type()) {
		return false
	}
	result := sig.Results().At(0).Type()
	if s.entityOf(result) == nil {
		return false
	}
	builds := false
	ast.Inspect(fn.Body, func(x ast.Node) bool {
		if lit, ok := x.(*ast.CompositeLit); ok {
			builds = builds || types.Identical(types.NewPointer(p.TypesInfo.TypeOf(lit)), result)
		}
		return true
	})
	return builds
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// callsRecover says whether a function calls recover itself, which only works where it is deferred itself.
func callsRecover(p *packages.Package, fn *ast.FuncDecl) bool {
	found := false
	ast.Inspect(fn.Body, func(x ast.Node) bool {
		if _, inner := x.(*ast.FuncLit); inner {
			return false
		}
		if id, ok := x.(*ast.Ident); ok {
			b, isBuiltin := p.TypesInfo.Uses[id].(*types.Builtin)
			found = found || isBuiltin && b.Name() == "recover"
		}
		return true
	})
	return found
}

// addition writes the file that is added to a package.
type addition struct {
	*source
	pkg     *packages.Package
	world   string // import path
	wanted  map[string]bool
	imports map[string]string // names by import path
	code    bytes.Buffer
	setup   bytes.Buffer // body of init
	listed  bytes.Buffer // functions that can be requested
}

// added gives the text of the file that is added to a package.
func (s *source) added(p *packages.Package, world string, wanted map[string]bool) ([]byte, error) {
	a := &addition{source: s, pkg: p, world: world, wanted: wanted, imports: map[string]string{world: worldName}}
	for _, f := range p.Syntax {
		if strings.HasSuffix(p.Fset.Position(f.FileStart).Filename, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				a.twin(fn)
			}
		}
	}
	a.declared()
	name := p.Name
	if name == "main" {
		name = "app"
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "package %s\n\nimport (\n", name)
	for _, path := range slices.Sorted(keysOf(a.imports)) {
		fmt.Fprintf(&out, "\t%s %q\n", a.imports[path], path)
	}
	fmt.Fprintf(&out, ")\n\nfunc init() {\n%s%s.Functions(%q, map[string]%s.Function{\n%s})\n}\n\n%s",
		&a.setup, worldName, p.PkgPath, worldName, &a.listed, &a.code)
	text, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("added to %s: %w\n%s", p.PkgPath, err, &out)
	}
	return text, nil
}

// typeText names a type in the added file.
func (a *addition) typeText(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == a.pkg.PkgPath {
			return ""
		}
		if a.imports[p.Path()] == "" {
			a.imports[p.Path()] = "sfc" + strconv.Itoa(len(a.imports))
		}
		return a.imports[p.Path()]
	})
}

// declared registers entity types, named types, sentinels and promoted methods.
func (a *addition) declared() {
	scope := a.pkg.Types.Scope()
	for _, name := range scope.Names() {
		if strings.HasSuffix(a.pkg.Fset.Position(scope.Lookup(name).Pos()).Filename, "_test.go") {
			continue
		}
		switch obj := scope.Lookup(name).(type) {
		case *types.TypeName:
			n, ok := obj.Type().(*types.Named)
			if !ok || obj.IsAlias() || n.TypeParams().Len() > 0 || isConstraint(n) {
				continue
			}
			fmt.Fprintf(&a.setup, "%s.Type[%s](%q, %q)\n", worldName, name, a.pkg.PkgPath, name)
			if e := a.entities[a.pkg.PkgPath+"."+name]; e != nil {
				fmt.Fprintf(&a.setup, "%s.Entity(%q, %q, (*%s).%sKey)\n", worldName, e.pkg, e.name, name, ownPrefix)
				a.promoted(n, e)
			}
		case *types.Var:
			if isError(obj.Type()) && name != "_" {
				fmt.Fprintf(&a.setup, "%s.Sentinel(%s)\n", worldName, name)
			}
		}
	}
}

func isConstraint(n *types.Named) bool {
	i, ok := n.Underlying().(*types.Interface)
	return ok && !i.IsMethodSet()
}

// promoted writes twins of the methods that an entity has from the plain structs it embeds.
func (a *addition) promoted(n *types.Named, e *entity) {
	set := types.NewMethodSet(types.NewPointer(n))
	for i := range set.Len() {
		sel := set.At(i)
		m := sel.Obj().(*types.Func)
		r := rewriter{source: a.source}
		if len(sel.Index()) == 1 || r.throughRef(sel) || !m.Exported() && m.Pkg().Path() != a.pkg.PkgPath || !a.nameable(m.Signature()) {
			continue
		}
		path := "sfcR"
		t := n.Underlying().(*types.Struct)
		for _, i := range sel.Index()[:len(sel.Index())-1] {
			path += "." + t.Field(i).Name()
			inner := t.Field(i).Type()
			if p, ok := types.Unalias(inner).(*types.Pointer); ok {
				inner = p.Elem()
			}
			t, _ = inner.Underlying().(*types.Struct)
		}
		s := a.signature(m.Signature())
		fmt.Fprintf(&a.code, "func (sfcR *%s) %s%s(%s) %s { %s%s.%s(%s) }\n\n",
			e.typ, ownPrefix, m.Name(), s.params, s.results, s.returns, path, m.Name(), s.args)
		a.method(e, m, false)
	}
}

// nameable says whether the package can write a signature's types.
func (a *addition) nameable(sig *types.Signature) bool {
	ok := true
	for _, tuple := range []*types.Tuple{sig.Params(), sig.Results()} {
		for v := range tuple.Variables() {
			if n, isNamed := types.Unalias(v.Type()).(*types.Named); isNamed && n.Obj().Pkg() != nil {
				ok = ok && (n.Obj().Exported() || n.Obj().Pkg().Path() == a.pkg.PkgPath)
			}
		}
	}
	return ok
}

// twin writes what a declared function is called by instead.
func (a *addition) twin(fn *ast.FuncDecl) {
	how := a.wraps(a.pkg, fn)
	if how == notWrapped {
		return
	}
	obj := a.pkg.TypesInfo.Defs[fn.Name].(*types.Func)
	sig := obj.Signature()
	switch how {
	case method:
		e := a.entityOf(sig.Recv().Type())
		if obj.Name() == "Key" {
			a.keyTwin(e, obj)
			return
		}
		a.method(e, obj, false)
		if a.wanted[e.pkg+"."+e.typ+"."+obj.Name()] {
			a.method(e, obj, true)
		}
	case constructor:
		a.constructor(obj, copiesOnReturn(a.pkg, fn))
		a.list(obj.Name(), obj.Name(), sig)
	case function:
		a.function(obj)
		a.list(obj.Name(), obj.Name(), sig)
	}
}

// copiesOnReturn says whether a constructor accepts that the entity is made of a copy.
func copiesOnReturn(p *packages.Package, fn *ast.FuncDecl) bool {
	for _, f := range p.Syntax {
		if f.FileStart > fn.Pos() || fn.Pos() >= f.FileEnd {
			continue
		}
		lines := copyLines(p.Fset, f)
		found := false
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				found = found || lines[p.Fset.Position(r.Pos()).Line] || lines[p.Fset.Position(r.End()).Line]
			}
			return true
		})
		return found
	}
	return false
}

// list makes a function one that can be requested, if it is exported.
func (a *addition) list(name, expr string, sig *types.Signature) {
	if !token.IsExported(name[strings.LastIndexByte(name, '.')+1:]) {
		return
	}
	var params []string
	for v := range sig.Params().Variables() {
		if n, ok := types.Unalias(v.Type()).(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context" {
			continue
		}
		params = append(params, strconv.Quote(v.Name()))
	}
	fmt.Fprintf(&a.listed, "%q: {Params: []string{%s}, Fn: %s},\n", name, strings.Join(params, ", "), expr)
}

// callText is a signature in the parts that a twin is made of.
type callText struct {
	params, results string // declarations
	args            string // as passed on
	argPtrs         string // `, &sfcP0, &sfcP1`
	resultPtrs      string // `&sfcO0, &sfcO1`
	assign          string // `sfcO0, sfcO1 = `
	returns         string // `return `, if there are results
}

func (a *addition) signature(sig *types.Signature) callText {
	var c callText
	var params, args, results, outs, ptrs []string
	for i, v := range slices.Collect(sig.Params().Variables()) {
		name := fmt.Sprintf("sfcP%d", i)
		t := a.typeText(v.Type())
		arg := name
		if sig.Variadic() && i == sig.Params().Len()-1 {
			t = "..." + a.typeText(v.Type().(*types.Slice).Elem())
			arg += "..."
		}
		params, args = append(params, name+" "+t), append(args, arg)
		c.argPtrs += ", &" + name
	}
	for i, v := range slices.Collect(sig.Results().Variables()) {
		name := fmt.Sprintf("sfcO%d", i)
		results, outs, ptrs = append(results, name+" "+a.typeText(v.Type())), append(outs, name), append(ptrs, "&"+name)
	}
	c.params, c.args, c.resultPtrs = strings.Join(params, ", "), strings.Join(args, ", "), strings.Join(ptrs, ", ")
	if len(outs) > 0 {
		c.results = "(" + strings.Join(results, ", ") + ")"
		c.assign, c.returns = strings.Join(outs, ", ")+" = ", "return "
	}
	return c
}

// method writes the method that everybody else calls: on nil and on drafts the user's own, else a crossing.
func (a *addition) method(e *entity, m *types.Func, copies bool) {
	s := a.signature(m.Signature())
	name := m.Name()
	if copies {
		name = copyPrefix + name
	}
	local := fmt.Sprintf("return sfcR.%s%s(%s)", ownPrefix, m.Name(), s.args)
	if s.returns == "" {
		local = fmt.Sprintf("sfcR.%s%s(%s)\nreturn", ownPrefix, m.Name(), s.args)
	}
	fmt.Fprintf(&a.code, `func (sfcR *%[1]s) %[2]s(%[3]s) %[4]s {
	if sfcworld.Local(sfcR) {
		%[5]s
	}
	sfcC := sfcworld.Enter(%[6]t%[7]s)
	defer sfcC.Leave(%[8]s)
	%[9]ssfcworld.Object(sfcC, sfcR).%[10]s(%[11]s)
	sfcC.Return()
	return
}

`, e.typ, name, s.params, s.results, local, copies, s.argPtrs, s.resultPtrs, s.assign, ownPrefix+m.Name(), s.args)
	if !copies {
		a.list(e.name+"."+name, fmt.Sprintf("(*%s).%s", e.typ, name), m.Signature())
	}
}

// keyTwin writes Key, which a reference answers by itself.
func (a *addition) keyTwin(e *entity, m *types.Func) {
	key := a.typeText(m.Signature().Results().At(0).Type())
	fmt.Fprintf(&a.code, `func (sfcR *%[1]s) Key() %[2]s {
	if sfcworld.Local(sfcR) {
		return sfcR.%[3]sKey()
	}
	return sfcworld.Key[%[1]s, %[2]s](sfcR)
}

`, e.typ, key, ownPrefix)
	fmt.Fprintf(&a.code, `func sfcKeyOf%[1]s(sfcR *%[1]s) %[2]s {
	if !sfcworld.Exists(sfcR) {
		sfcworld.Missing(sfcR)
	}
	return sfcR.Key()
}

`, e.typ, key)
	a.list(e.name+".Key", "sfcKeyOf"+e.typ, m.Signature())
}

func (a *addition) constructor(fn *types.Func, copies bool) {
	s := a.signature(fn.Signature())
	fmt.Fprintf(&a.code, `func %[1]s(%[2]s) %[3]s {
	sfcC := sfcworld.EnterFunc()
	defer sfcC.Leave(%[4]s)
	%[5]s%[6]s(%[7]s)
	sfcO0 = sfcworld.Create(%[8]t, sfcO0)
	sfcC.Return()
	return
}

`, fn.Name(), s.params, s.results, s.resultPtrs, s.assign, ownPrefix+fn.Name(), s.args, copies)
}

func (a *addition) function(fn *types.Func) {
	s := a.signature(fn.Signature())
	local := fmt.Sprintf("return %s%s(%s)", ownPrefix, fn.Name(), s.args)
	if s.returns == "" {
		local = fmt.Sprintf("%s%s(%s)\nreturn", ownPrefix, fn.Name(), s.args)
	}
	fmt.Fprintf(&a.code, `func %[1]s(%[2]s) %[3]s {
	if sfcworld.Inside() {
		%[4]s
	}
	sfcC := sfcworld.EnterFunc()
	defer sfcC.Leave(%[5]s)
	%[6]s%[7]s(%[8]s)
	sfcC.Return()
	return
}

`, fn.Name(), s.params, s.results, local, s.resultPtrs, s.assign, ownPrefix+fn.Name(), s.args)
}
