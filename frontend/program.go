// This file compiles a package: it finds entities and requests, lowers what they reach, and completes the program.

// Package frontend turns Go packages into programs ([ir.Program]).
//
// [Compile] loads the named package with what it reaches in its module, checks it, and lowers functions one by one:
// the requests first, then whatever they refer to. It is the only folder that knows Go's syntax.
package frontend

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// Options say what to compile.
type Options struct {
	Dir      string            // working directory of the Go tool; "" is the current one
	Pattern  string            // the package, as `go build` takes it; "" is "."
	Previous *ir.Program       // the program before: versions, ranks and renames are continued from it
	Overlay  map[string][]byte // contents that replace files, by absolute path
	Pure     []string          // import paths of packages declared pure
}

// Result is an accepted program.
type Result struct {
	Program  *ir.Program
	Warnings diag.List
	Omitted  []Omission
}

// Omission is an exported function or method that cannot be requested from outside.
type Omission struct {
	Name string // Transfer, User.Each
	Why  string // completes "it …": is generic, has a parameter …
}

// Compile compiles one package. Every error is a diag.List with all the problems found.
func Compile(o Options) (*Result, error) {
	l, err := load(o)
	if err != nil {
		return nil, err
	}
	c := newCompiler(l)
	c.compile(o)
	if err := c.diags.Err(); err != nil {
		return nil, err
	}
	return &Result{Program: c.prog, Warnings: c.diags, Omitted: c.surface.omitted}, nil
}

// compiler holds what is known of one compilation.
type compiler struct {
	*loaded
	diags   diag.List
	prog    *ir.Program
	decls   map[*types.Func]*declaration
	unbound map[string]*types.Func // methods of embedded library types that no interface of the program may have
	reached map[*types.Func]bool   // what a request or the initialisation gets to
	entities
	surface  *surface
	varDecls map[*types.Var]*packages.Package // package variables of the module
	varNames map[*types.Var]string
	was      map[*types.Var]string // earlier names of fields
	funcs    map[string]*ir.Func
	queue    []func()
	names    *typeNames
	boxed    typeutil.Map // types whose methods an interface can reach
	externs  map[string]bool
	deferred map[string]ast.Node // methods that are deferred through an interface, by name
	copies   map[string]map[int]bool
	context  *types.Context
	depth    int // of the type being translated
	tooDeep  bool
}

// declaration is a function of the module with a body.
type declaration struct {
	decl *ast.FuncDecl
	pkg  *packages.Package
	obj  *types.Func
}

func newCompiler(l *loaded) *compiler {
	c := &compiler{
		loaded:   l,
		prog:     &ir.Program{IR: ir.Version, ID: l.main.PkgPath, Name: l.main.Types.Name(), Version: 1},
		unbound:  map[string]*types.Func{},
		decls:    map[*types.Func]*declaration{},
		entities: entities{},
		varDecls: map[*types.Var]*packages.Package{},
		varNames: map[*types.Var]string{},
		was:      map[*types.Var]string{},
		funcs:    map[string]*ir.Func{},
		externs:  map[string]bool{},
		deferred: map[string]ast.Node{},
		context:  types.NewContext(),
	}
	c.names = newTypeNames(c)
	return c
}

func (c *compiler) compile(o Options) {
	for _, p := range c.all {
		c.declare(p)
	}
	c.copies = copyComments(c.loaded)
	c.surface = findSurface(c.loaded, c.entities)
	c.diags, c.reached = check(c.loaded, c.entities, c.surface)
	if c.diags.Refused() {
		return
	}
	c.requests()
	c.drain()
	c.initialise()
	c.methodSets()
	if c.diags.Refused() {
		return
	}
	c.complete(o)
}

// report adds a finding at a node (at the package clause if nil), with a way out.
func (c *compiler) report(code string, n ast.Node, help, format string, args ...any) {
	if n == nil {
		n = c.main.Syntax[0].Name
	}
	d := diag.New(code, c.position(n), format, args...)
	if help != "" {
		d.WithHelp("%s", help)
	}
	c.diags.Add(d)
}

// declare collects the functions, variables and entity types of a package.
func (c *compiler) declare(p *packages.Package) {
	for _, file := range p.Syntax {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if obj, ok := p.TypesInfo.Defs[d.Name].(*types.Func); ok && d.Body != nil {
					c.decls[obj] = &declaration{d, p, obj}
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					c.declareSpec(p, d, s)
				}
			}
		}
	}
}

func (c *compiler) declareSpec(p *packages.Package, d *ast.GenDecl, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if v, ok := p.TypesInfo.Defs[name].(*types.Var); ok {
				c.varDecls[v] = p
			}
		}
	case *ast.TypeSpec:
		obj, ok := p.TypesInfo.Defs[s.Name].(*types.TypeName)
		if !ok {
			return
		}
		c.renames(p, s)
		if args, ok := directive("entity", s.Doc, d.Doc); ok {
			e := &entity{name: obj.Name(), obj: obj, pkg: p, spec: s}
			for _, arg := range strings.Fields(args) {
				if name, ok := strings.CutPrefix(arg, "name="); ok {
					e.name = name
				}
			}
			c.entities[obj] = e
		}
	}
}

// renames collects the directives //sfc:was on fields.
func (c *compiler) renames(p *packages.Package, s *ast.TypeSpec) {
	t, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range t.Fields.List {
		if old, ok := directive("was", field.Doc, field.Comment); ok {
			for _, name := range field.Names {
				if v, ok := p.TypesInfo.Defs[name].(*types.Var); ok {
					c.was[v] = old
				}
			}
		}
	}
}

// requests asks for the bodies of everything that can be requested from outside, and of what the gateway may call of
// the values that clients give and see.
func (c *compiler) requests() {
	for _, e := range c.sortedEntities() {
		c.names.declared(e.obj.Type().(*types.Named), e.spec)
		c.prog.Entities = append(c.prog.Entities, &ir.Entity{Name: e.name, Key: e.name + ".Key", At: c.at(e.spec.Pos())})
	}
	for _, r := range c.surface.requests {
		switch {
		case r.entity != nil:
			c.exported(c.entityMethod(r.entity, r.fn.Name(), r.entity.spec))
		case c.decls[r.fn] != nil:
			c.exported(c.funcName(r.fn, nil))
		}
	}
	for _, x := range c.surface.brought {
		c.boxes(x.typ, place(x.at))
	}
	for _, x := range c.surface.values {
		for _, sel := range c.surface.formMethods(x) {
			c.bindOnce(x.typ, sel, place(x.at))
		}
	}
}

// exported marks a function that may be requested from outside.
func (c *compiler) exported(name string) {
	if f := c.funcs[name]; f != nil {
		f.Exported = true
	}
}

// drain lowers what has been asked for until nothing more is.
func (c *compiler) drain() {
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		next()
	}
}

// add enters a function before its body is lowered, so that recursion finds it.
func (c *compiler) add(f *ir.Func) {
	c.funcs[f.Name] = f
	c.prog.Funcs = append(c.prog.Funcs, f)
}

// funcName asks for a function or a method of a plain type and gives its name.
func (c *compiler) funcName(obj *types.Func, targs []types.Type) string {
	obj = obj.Origin()
	name := c.qualified(obj.Pkg(), obj.Name())
	var recv *entity
	if r := obj.Signature().Recv(); r != nil {
		named := deref(r.Type()).(*types.Named)
		if recv = c.entityOf(named); recv != nil {
			name = recv.name + "." + obj.Name()
		} else {
			name = c.names.nameOf(instantiate(c, named, targs)) + "." + obj.Name()
		}
	} else if len(targs) > 0 {
		name += c.names.arguments(targs)
	}
	if c.funcs[name] != nil {
		return name
	}
	d := c.decls[obj]
	out := &ir.Func{Name: name, File: c.file(obj.Pos()), At: c.line(obj.Pos())}
	c.add(out)
	if d == nil {
		c.report("SF1004", nil, "write it in Go", "function %s has no Go body", name)
		return name
	}
	c.queue = append(c.queue, func() { c.lower(d, out, targs, recv) })
	return name
}

// lower lowers a declared function. One that nothing reaches is only there because a type has it as a method: if it
// cannot be lowered, it is left without a body.
func (c *compiler) lower(d *declaration, out *ir.Func, targs []types.Type, recv *entity) {
	before := len(c.diags)
	lowerDecl(c, d, out, targs, recv)
	if len(c.diags) == before || c.reached[d.obj] {
		return
	}
	c.prog.Funcs = slices.DeleteFunc(c.prog.Funcs, func(f *ir.Func) bool { return strings.HasPrefix(f.Name, out.Name+"$") })
	*out = ir.Func{Name: out.Name, File: out.File, At: out.At, Entity: out.Entity}
	f := newFn(c, d.pkg, out)
	f.sub, f.entity = c.substitute(d.obj.Signature(), targs), recv
	f.start(f.newBlock())
	f.scope = &scope{sig: f.sub.signature(d.obj.Signature()), labels: map[string]*ir.Block{}}
	f.receiver(d.decl.Recv)
	f.params(d.decl.Type)
	f.results(d.decl.Type)
	f.end(&ir.Unreachable{Why: "no request reaches " + out.Name})
	f.tidy()
	c.diags = c.diags[:before]
}

func (c *compiler) qualified(p *types.Package, name string) string {
	if p == c.main.Types {
		return name
	}
	return c.names.pkg(p) + "." + name
}

// entityMethod asks for a method of an entity type, promoted ones included, and gives its name.
func (c *compiler) entityMethod(e *entity, method string, n ast.Node) string {
	obj, path, _ := types.LookupFieldOrMethod(types.NewPointer(e.obj.Type()), true, e.pkg.Types, method)
	m, ok := obj.(*types.Func)
	if !ok {
		c.report("SF9001", n, "", "entity type %s has no method %q", e.name, method)
		return e.name + "." + method
	}
	if len(path) == 1 {
		return c.funcName(m, nil)
	}
	return c.promoted(types.NewPointer(e.obj.Type()), e, m, path)
}

// boxes notes that values of a type get into interfaces, where all their methods can be reached.
func (c *compiler) boxes(t types.Type, n ast.Node) {
	if c.boxed.Set(t, true) != nil {
		return
	}
	switch u := types.Unalias(t).(type) {
	case *types.Pointer:
		c.boxes(u.Elem(), n)
		return
	case *types.Named:
		c.boxNamed(u, n)
		if c.entityOf(u) != nil || c.by[u.Obj().Pkg()] == nil {
			return
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		c.boxes(u.Elem(), n)
	case *types.Array:
		c.boxes(u.Elem(), n)
	case *types.Map:
		c.boxes(u.Key(), n)
		c.boxes(u.Elem(), n)
	case *types.Struct:
		for f := range u.Fields() {
			c.boxes(f.Type(), n)
		}
	}
}

func (c *compiler) boxNamed(t *types.Named, n ast.Node) {
	if types.IsInterface(t) || c.by[t.Obj().Pkg()] == nil {
		return
	}
	set := types.NewMethodSet(types.NewPointer(t))
	c.names.declared(t, n)
	for i := range set.Len() {
		c.bindOnce(t, set.At(i), n)
	}
}

// bindOnce enters a method into a type's method set, unless it is there.
func (c *compiler) bindOnce(t *types.Named, sel *types.Selection, n ast.Node) {
	m := sel.Obj().(*types.Func)
	def := c.names.declared(t, n)
	if mentionsChan(m.Signature()) { // no interface of the program can ask for it
		return
	}
	if c.by[m.Pkg()] == nil && !Lookup(externName(m)).Allowed {
		c.unbound[m.Name()] = m
		return
	}
	if !slices.ContainsFunc(def.Methods, func(o *ir.Method) bool { return o.Name == m.Name() }) {
		def.Methods = append(def.Methods, c.bind(t, m, sel.Index(), n))
	}
}

// checkUnbound refuses an interface with a method that a type of the program has from the library it embeds, but not in
// requests.
func (c *compiler) checkUnbound(def *ir.TypeDef) {
	for _, sig := range def.Iface {
		m := c.unbound[sig.Name]
		if m == nil {
			continue
		}
		row := Lookup(externName(m))
		d := diag.New(row.Code, c.position(c.main.Syntax[0].Name), "%s could be called through interface %s, since a type of the program embeds what has it: %s", shortName(row.Name), def.Name, row.Why).
			WithHelp("make the embedded value a field with a name")
		c.diags.Add(d)
	}
}

// mentionsChan says whether a signature has channels in it, which no type of a program has.
func mentionsChan(sig *types.Signature) bool {
	seen := map[types.Type]bool{}
	found := false
	var look func(t types.Type)
	look = func(t types.Type) {
		t = types.Unalias(t)
		if found || seen[t] {
			return
		}
		seen[t] = true
		switch u := t.Underlying().(type) {
		case *types.Chan:
			found = true
		case *types.Signature:
			look(u.Params())
			look(u.Results())
		case *types.Tuple:
			for v := range u.Variables() {
				look(v.Type())
			}
		default:
			eachPart(t, look)
		}
	}
	look(sig)
	return found
}

// bind makes the entry of a method in a type's method set.
func (c *compiler) bind(t *types.Named, m *types.Func, path []int, n ast.Node) *ir.Method {
	viaPtr := types.NewMethodSet(t).Lookup(m.Pkg(), m.Name()) == nil
	out := &ir.Method{Name: m.Name(), Pointer: viaPtr}
	switch e := c.entityOf(t); {
	case e != nil:
		out.Pointer = true
		out.Func = c.entityMethod(e, m.Name(), n)
	case len(path) == 1:
		out.Func = c.funcName(m, typeArgs(t))
	default:
		recv := types.Type(t)
		if viaPtr {
			recv = types.NewPointer(t)
		}
		out.Func = c.promoted(recv, nil, m, path)
	}
	return out
}

// methodSets lists the methods of entity types and of the types whose methods were lowered.
func (c *compiler) methodSets() {
	for _, d := range c.names.order {
		slices.SortFunc(d.def.Methods, func(a, b *ir.Method) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, e := range c.sortedEntities() {
		def := c.names.declared(e.obj.Type().(*types.Named), e.spec)
		for _, f := range c.prog.Funcs {
			name, ok := strings.CutPrefix(f.Name, e.name+".")
			if !ok || f.Entity != e.name || strings.Contains(name, "$") ||
				slices.ContainsFunc(def.Methods, func(m *ir.Method) bool { return m.Name == name }) {
				continue
			}
			def.Methods = append(def.Methods, &ir.Method{Name: name, Func: f.Name, Pointer: true})
		}
		slices.SortFunc(def.Methods, func(a, b *ir.Method) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, d := range c.names.order {
		c.prog.Types = append(c.prog.Types, d.def)
		c.checkUnbound(d.def)
	}
	slices.SortFunc(c.prog.Types, func(a, b *ir.TypeDef) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.prog.Funcs, func(a, b *ir.Func) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.prog.Vars, func(a, b *ir.Var) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.prog.Externs, func(a, b *ir.Extern) int { return strings.Compare(a.Name, b.Name) })
}

// complete sets ranks and version, derives what is derived and verifies the whole.
func (c *compiler) complete(o Options) {
	defer func() {
		if r := recover(); r != nil {
			c.diags.Add(diag.New("SF9001", diag.Position{}, "completing the program: %v", r))
		}
	}()
	c.finish(o)
	if len(c.prog.Funcs) == 0 {
		c.diags.Add(diag.New("SF0004", c.position(c.main.Syntax[0].Name), "nothing in package %s can be requested", c.main.Types.Name()).
			WithHelp("export a function, or mark a struct type with //sfc:entity"))
	}
}

func deref(t types.Type) types.Type {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		return types.Unalias(p.Elem())
	}
	return t
}

func typeArgs(t *types.Named) []types.Type {
	var list []types.Type
	for a := range t.TypeArgs().Types() {
		list = append(list, a)
	}
	return list
}

func internal(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
