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
	checker *checker // has accepted the source
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
	c.checker = check(c.loaded, c.entities, c.surface)
	c.diags, c.reached = c.checker.diags, c.checker.functions()
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
