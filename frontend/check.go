// This file checks a loaded program before it is lowered: what entities look like, and what reachable code may do.

package frontend

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/stateful-entities/sfc/internal/diag"
)

// check reports everything in a program that sfc refuses by rule: the shape of entities, the language, the library.
// It looks at declarations of entity types, and at the bodies that a request or the initialisation can reach.
//
// The order matters: reachability is needed by everything behind it, and the state of entities is looked at before the
// library, which does not report again what is called on a field that must go.
func check(l *loaded, es entities, clients *surface) *checker {
	c := &checker{
		loaded: l, entities: es, surface: clients,
		bodies: map[*types.Func]*body{}, inits: map[*types.Var]*body{}, badFields: map[*types.Var]bool{},
		instances: map[*types.TypeParam][]instance{}, receiverParams: map[*types.TypeParam]*types.TypeParam{},
	}
	c.checkPlatform()
	c.declare()
	c.checkDirectives()
	c.checkCgo()
	c.checkEntityTypes()
	if c.diags.Refused() && c.unusable() {
		return c
	}
	c.declaredInstances()
	c.reach()
	c.findInitial()
	c.checkTypeDeclarations()
	c.checkStates()
	c.checkKeys()
	for _, b := range c.reached {
		c.checkEntityUse(b)
		c.checkDrafts(b)
		c.checkLanguage(b)
		c.checkLibrary(b)
		c.checkPrinting(b)
	}
	c.checkCallbacks()
	if c.diags.Refused() { // nothing will tell whether these are right: they may be
		for _, s := range c.suspected {
			s.report()
		}
	}
	c.diags.Sort()
	return c
}

// functions gives what a request or the initialisation can get to.
func (c *checker) functions() map[*types.Func]bool {
	reached := map[*types.Func]bool{}
	for _, b := range c.reached {
		reached[b.fn] = true
	}
	return reached
}

// checker is one run of the checks.
type checker struct {
	*loaded
	entities
	surface     *surface
	diags       diag.List
	bodies      map[*types.Func]*body
	inits       map[*types.Var]*body // package variables with an initialiser
	starts      []*body              // init functions
	waiting     []*body              // initialisers of variables that requests mention
	reached     []*body              // in the order they were reached: callers first
	boxes       []box
	faceCalls   []faceCall
	badFields   map[*types.Var]bool // fields that are reported: what is done with them is not reported again
	faces       []*types.Interface  // of the values that are handed to the library
	panicsFaces []*types.Interface  // the types of interface values that panic is given: recover may give what is in them
	foreignSeen map[string]bool     // packages of other modules that are reported
	initial     map[*body]bool      // what initialisation runs
	callers     *callers            // made when it is first asked
	parameters  map[*types.Var]parameter
	suspected   []*shown // library calls that may show what must not be seen, if it gets there in an interface

	instances      map[*types.TypeParam][]instance
	receiverParams map[*types.TypeParam]*types.TypeParam // of methods, to those of their types
}

// body is a piece of code with a name: a declared function with its literals, or a variable's initialiser.
type body struct {
	name   string
	fn     *types.Func
	node   ast.Node // *ast.FuncDecl or *ast.ValueSpec
	pkg    *packages.Package
	entity *entity      // whose method it is
	self   types.Object // the own receiver of an entity method
	init   bool         // only reached by initialisation
	seen   bool
	from   *body    // who reaches it, nil for a root
	at     ast.Node // where
	away   ast.Node // where it leaves for another entity itself, nil if it does not
	asks   ast.Node // where it asks for the time or random numbers itself
	calls  []use

	grown       map[*ast.CallExpr]bool      // appends whose result replaces the slice they grew
	narrow      map[types.Object]*narrowing // variables of type switches and recovers
	draftsKnown bool
	draftVars   map[types.Object]bool // of a constructor
}

// use is a mention of a function.
type use struct {
	fn *types.Func
	at ast.Node
}

func (b *body) info() *types.Info { return b.pkg.TypesInfo }

// checkPlatform refuses platforms on which int has 32 bits.
func (c *checker) checkPlatform() {
	if sizes := c.main.TypesSizes; sizes != nil && sizes.Sizeof(types.Typ[types.Int]) != 8 {
		c.diags.Add(diag.New("SF0005", diag.Position{}, "int has 32 bits on the platform that GOARCH names; programs of sfc have 64 everywhere").
			WithHelp("build for amd64, arm64 or another 64-bit platform"))
	}
}

// unusable says whether an entity type is so wrong that looking at bodies would only repeat it.
func (c *checker) unusable() bool {
	return slices.ContainsFunc(c.diags, func(d *diag.Diagnostic) bool { return d.Code == "SF1104" || d.Code == "SF1118" })
}

// declare collects the bodies of the module.
func (c *checker) declare() {
	for _, p := range c.all {
		for _, f := range p.Syntax {
			for _, d := range f.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					c.declareFunc(p, d)
				case *ast.GenDecl:
					c.declareVars(p, d)
				}
			}
		}
	}
}

func (c *checker) declareFunc(p *packages.Package, d *ast.FuncDecl) {
	fn, ok := p.TypesInfo.Defs[d.Name].(*types.Func)
	if !ok {
		return
	}
	b := &body{name: c.nameOf(fn), fn: fn, node: d, pkg: p}
	if recv := fn.Signature().Recv(); recv != nil {
		if b.entity = c.entityOf(recv.Type()); b.entity != nil && len(d.Recv.List[0].Names) > 0 {
			b.self = p.TypesInfo.Defs[d.Recv.List[0].Names[0]]
		}
	}
	c.bodies[fn] = b
	c.noteReceiver(fn)
	if d.Name.Name == "init" && d.Recv == nil {
		b.name = "init of package " + p.Name
		c.starts = append(c.starts, b)
	}
}

func (c *checker) declareVars(p *packages.Package, d *ast.GenDecl) {
	for _, s := range d.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || d.Tok != token.VAR {
			continue
		}
		b := &body{name: "the initialiser of " + spec.Names[0].Name, node: spec, pkg: p}
		for _, n := range spec.Names {
			if v, ok := p.TypesInfo.Defs[n].(*types.Var); ok {
				c.inits[v] = b
			}
		}
	}
}

// nameOf gives the name that messages use: User.Buy, Transfer, money.Round for another package's.
func (c *checker) nameOf(fn *types.Func) string {
	name := fn.Name()
	if recv := fn.Signature().Recv(); recv != nil {
		t := deref(recv.Type())
		if n, ok := t.(*types.Named); ok {
			name = n.Obj().Name() + "." + name
		}
	}
	if fn.Pkg() != nil && fn.Pkg() != c.main.Types {
		name = fn.Pkg().Name() + "." + name
	}
	return name
}

// ours says whether a package is part of the program.
func (c *checker) ours(p *types.Package) bool { return c.by[p] != nil }

// refuse reports something that a body does, at a node, with the chain of calls by which a request gets there.
// What is the verb phrase ("calls time.Sleep"), why the reason.
func (c *checker) refuse(code string, b *body, n ast.Node, what, why string) *diag.Diagnostic {
	return c.note(code, n, c.chain(b, what), why, b)
}

func (c *checker) note(code string, n ast.Node, what, why string, b *body) *diag.Diagnostic {
	d := diag.New(code, c.position(n), "%s: %s", what, why)
	for _, step := range c.steps(b) {
		d.WithRelated(c.position(step.at), "%s calls %s", step.from.name, step.name)
	}
	c.diags.Add(d)
	return d
}

// steps gives the calls that lead to a body, the request's first.
func (c *checker) steps(b *body) []*body {
	var list []*body
	for s := b; s != nil && s.from != nil; s = s.from {
		list = append(list, s)
	}
	slices.Reverse(list)
	return list
}

// chain writes `User.Buy calls helper (shop.go:31) calls time.Sleep`.
func (c *checker) chain(b *body, what string) string {
	if b == nil {
		return what
	}
	steps := c.steps(b)
	root := b
	if len(steps) > 0 {
		root = steps[0].from
	}
	s := root.name
	for _, step := range steps {
		pos := c.fset.Position(step.at.Pos())
		s += fmt.Sprintf(" calls %s (%s:%d)", step.name, filepath.Base(pos.Filename), pos.Line)
	}
	if len(steps) > 0 && !strings.HasPrefix(what, "calls ") {
		return s + ", which " + what
	}
	return s + " " + what
}

// at reports at a place of a declaration, without a chain.
func (c *checker) declared(code string, n ast.Node, format string, args ...any) *diag.Diagnostic {
	d := diag.New(code, c.position(n), format, args...)
	c.diags.Add(d)
	return d
}

// place is a node made of an object's position: for what is only known by its object.
func place(o types.Object) ast.Node { return &ast.Ident{NamePos: o.Pos(), Name: o.Name()} }

// walk visits the nodes of a body with the path above each, outermost first. visit answers whether to go into the node.
func walk(root ast.Node, visit func(n ast.Node, above []ast.Node) bool) {
	var above []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		if !visit(n, above) {
			return false
		}
		above = append(above, n)
		return true
	})
}

// parent gives the nearest node above that is not a parenthesis.
func parent(above []ast.Node) ast.Node {
	for i := len(above) - 1; i >= 0; i-- {
		if _, ok := above[i].(*ast.ParenExpr); !ok {
			return above[i]
		}
	}
	return nil
}
