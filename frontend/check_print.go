// This file refuses library calls that would show what differs from run to run or is not there: addresses of pointers,
// and what is behind a reference.

package frontend

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// checkPrinting looks at the calls of a body whose row says that they look inside values.
func (c *checker) checkPrinting(b *body) {
	ast.Inspect(b.node, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fn, ok := typeutil.Callee(b.info(), call).(*types.Func)
		if !ok || !c.foreign(fn.Pkg()) {
			return true
		}
		row := Lookup(externName(fn.Origin()))
		if row.Shows == "" || !row.Allowed {
			return true
		}
		p := &printing{checker: c, b: b, call: call, extern: row.Name, name: shortName(row.Name)}
		switch row.Shows {
		case "json":
			for _, a := range call.Args {
				p.argument(a, jsonVerb)
			}
		case "print":
			for _, a := range call.Args[fn.Signature().Params().Len()-1:] {
				p.argument(a, 'v')
			}
		case "format":
			p.format(call.Args[fn.Signature().Params().Len()-2:])
		}
		return true
	})
}

// The verbs that no format has: any verb (the format is not constant), and JSON.
const (
	anyVerb  rune = '*'
	jsonVerb rune = '{'
)

// printing is one call that looks inside its arguments.
type printing struct {
	*checker
	b      *body
	call   *ast.CallExpr
	extern string // the function called
	name   string // as the source names it
}

// format takes the verbs of a constant format one by one.
func (p *printing) format(args []ast.Expr) {
	tv := p.b.info().Types[args[0]]
	if tv.Value == nil || tv.Value.Kind() != constant.String || p.call.Ellipsis.IsValid() {
		for _, a := range args[1:] {
			p.argument(a, anyVerb)
		}
		return
	}
	verbs, plain := verbsOf(constant.StringVal(tv.Value))
	for i, a := range args[1:] {
		verb := 'v'
		switch {
		case !plain:
			verb = anyVerb
		case i < len(verbs):
			verb = verbs[i].verb
		}
		p.argument(a, verb)
	}
}

// formatVerb is a place in a format that takes an argument.
type formatVerb struct {
	verb rune // '#' for %#v, 'd' for a width
	at   int  // byte
}

// verbsOf gives the verb that each argument meets; plain is false if the format numbers its arguments.
func verbsOf(format string) (verbs []formatVerb, plain bool) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		sharp := false
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.*[", format[i]) >= 0; i++ {
			switch format[i] {
			case '#':
				sharp = true
			case '*':
				verbs = append(verbs, formatVerb{'d', i})
			case '[':
				return nil, false
			}
		}
		if i == len(format) || format[i] == '%' {
			continue
		}
		verb, _ := utf8.DecodeRuneInString(format[i:])
		if sharp && verb == 'v' {
			verb = '#'
		}
		verbs = append(verbs, formatVerb{verb, i})
	}
	return verbs, true
}

func (p *printing) argument(a ast.Expr, verb rune) {
	t := p.b.info().TypeOf(a)
	if t == nil || t == types.Typ[types.UntypedNil] {
		return
	}
	if s, ok := t.Underlying().(*types.Slice); ok && p.call.Ellipsis.IsValid() && a == p.call.Args[len(p.call.Args)-1] {
		t = s.Elem()
	}
	s := &shown{printing: p, verb: verb, seen: map[shownType]bool{}, whole: t, arg: a}
	s.argument(a, t)
	if _, told := shownName(t); told && verb == 'T' && s.reference == nil {
		return // the compiler writes the name
	}
	switch {
	case s.boxed == nil:
		s.report()
	default: // the finished program will tell
		p.suspected = append(p.suspected, s)
	}
}

// report refuses what was found, if anything was.
func (s *shown) report() {
	p, a := s.printing, s.arg
	var d *diag.Diagnostic
	switch {
	case s.reference != nil:
		d = p.refuse("SF1309", p.b, a, "gives "+p.name+" "+s.words("a reference to "+s.reference.obj.Name()), "it would look inside an entity that may be elsewhere").
			WithHelp("use its key (`.Key()`), or what its methods say")
	case s.name != "":
		d = p.refuse("SF1510", p.b, a, "gives "+p.name+" "+s.words(s.name), "it may show the name of the type, which is another one in the generated program").
			WithHelp("use a constant format without %%T and %%#v, or a text of your own")
	case s.address != "":
		d = p.refuse("SF1308", p.b, a, "gives "+p.name+" "+s.words(s.address), "it would show an address, which differs from run to run").
			WithHelp("print the fields that you mean, or give the type a String method")
	}
	if d != nil && s.boxed != nil {
		how := "put into an interface here"
		if s.boxed.client {
			how = "clients can give one here"
		}
		d.WithRelated(p.position(s.boxed.at), "%s", how)
	}
}

// narrowing is what a body says of the dynamic type of a variable: that of a type switch in one clause, or one that
// holds what recover gave.
type narrowing struct {
	only   []types.Type // one of these, if not nil
	except []types.Type // none of these
	panics bool         // what a panic was given
}

// narrowed finds the variables of the type switches and recovers of a body.
func (c *checker) narrowed(b *body) map[types.Object]*narrowing {
	if b.narrow != nil {
		return b.narrow
	}
	b.narrow = map[types.Object]*narrowing{}
	ast.Inspect(b.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSwitchStmt:
			narrowSwitch(b, n)
		case *ast.AssignStmt:
			if len(n.Lhs) != 1 {
				return true
			}
			id, ok := n.Lhs[0].(*ast.Ident)
			call, isCall := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
			if o := b.info().ObjectOf(id); ok && o != nil {
				recovers := n.Tok == token.DEFINE && isCall && isBuiltin(b.info(), call, "recover")
				if recovers {
					b.narrow[o] = &narrowing{panics: true}
				} else {
					delete(b.narrow, o) // assigned again
				}
			}
		}
		return true
	})
	return b.narrow
}

func narrowSwitch(b *body, sw *ast.TypeSwitchStmt) {
	var all []types.Type
	panics := switchesOnPanic(b, sw)
	listed := func(clause *ast.CaseClause) []types.Type {
		list := []types.Type{}
		for _, x := range clause.List {
			if tv := b.info().Types[x]; tv.IsType() {
				list = append(list, tv.Type)
			}
		}
		return list
	}
	for _, s := range sw.Body.List {
		all = append(all, listed(s.(*ast.CaseClause))...)
	}
	for _, s := range sw.Body.List {
		clause := s.(*ast.CaseClause)
		v := b.info().Implicits[clause]
		if v == nil {
			continue
		}
		if clause.List == nil {
			b.narrow[v] = &narrowing{except: all, panics: panics}
		} else {
			b.narrow[v] = &narrowing{only: listed(clause), panics: panics}
		}
	}
}

// switchesOnPanic says whether a type switch is over what recover gave.
func switchesOnPanic(b *body, sw *ast.TypeSwitchStmt) bool {
	bind, ok := sw.Assign.(*ast.AssignStmt)
	if !ok {
		return false
	}
	x := ast.Unparen(ast.Unparen(bind.Rhs[0]).(*ast.TypeAssertExpr).X)
	if call, ok := x.(*ast.CallExpr); ok {
		return isBuiltin(b.info(), call, "recover")
	}
	id, ok := x.(*ast.Ident)
	if !ok {
		return false
	}
	n := b.narrow[b.info().ObjectOf(id)]
	return n != nil && n.panics
}

// shownType is a type at the top of an argument or deeper: fmt shows pointers differently there.
type shownType struct {
	typ  types.Type
	deep bool
}

// shown finds out what a library call shows of a value.
type shown struct {
	*printing
	verb      rune
	seen      map[shownType]bool
	except    []types.Type // dynamic types that the argument does not have
	panics    bool         // the argument is what recover gave
	given     []box        // what the argument holds, if that is known
	known     bool
	arg       ast.Expr
	whole     types.Type            // the argument's
	gets      func(types.Type) bool // whether a value of the type may get to the call in an interface; nil: any may
	boxed     *box                  // by which what was found gets into an interface
	reference *entity
	address   string
	name      string // of a type, or "a func"
	path      string // where in the argument it was found
}

func (s *shown) words(what string) string {
	where := ""
	switch {
	case strings.HasPrefix(s.path, "[]"):
		where = " in its elements" + strings.TrimPrefix(s.path, "[]")
	case strings.HasPrefix(s.path, "[key]"):
		where = " in its keys" + strings.TrimPrefix(s.path, "[key]")
	case s.path != "":
		where = " in its " + s.path
	}
	whole := article(s.typeName(s.whole))
	switch {
	case s.boxed != nil && types.IsInterface(s.whole):
		return whole + " that may hold " + article(s.typeName(s.boxed.typ)) + ", with " + what + where
	case s.boxed != nil:
		return whole + " whose parts may hold " + article(s.typeName(s.boxed.typ)) + ", with " + what + where
	case where != "":
		return whole + " with " + what + where
	}
	return what
}

func (s *shown) found() bool { return s.reference != nil || s.address != "" || s.name != "" }

// showsName says whether the call shows types by name, and there is nothing else to be looked at. It notes a name that
// is another one in the generated program, which is one package: that of a type of another package, of an instance, of
// a local type; and a func, which has a type of its own there.
func (s *shown) showsName(t types.Type, path string) bool {
	if s.verb != 'T' && s.verb != '#' && s.verb != anyVerb || types.IsInterface(t) {
		return false
	}
	switch t := t.(type) {
	case *types.Named:
		o := t.Obj()
		if o.Pkg() == nil || !s.ours(o.Pkg()) {
			return s.verb == 'T'
		}
		if o.Pkg() != s.main.Types || o.Parent() != o.Pkg().Scope() || t.TypeArgs().Len() > 0 || o.Pkg().Name() == "main" || ir.TakenName(o.Name()) {
			s.name, s.path = article(s.typeName(t)), path
			return true
		}
		return s.verb == 'T'
	case *types.Signature:
		s.name, s.path = "a func", path
		return true
	}
	return false
}

// look follows fmt and encoding/json: at depth 0 fmt prints what a pointer to a struct, slice, array or map points to,
// deeper its address.
func (s *shown) look(t types.Type, depth int, path string) {
	t = types.Unalias(t)
	if s.found() || s.seen[shownType{t, depth > 0}] {
		return
	}
	s.seen[shownType{t, depth > 0}] = true
	if e := s.refTo(t); e != nil {
		s.reference, s.path = e, path
		return
	}
	if p, ok := t.(*types.TypeParam); ok {
		s.instance(p, depth, path)
		return
	}
	if s.speaks(t) || s.showsName(t, path) {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		s.pointer(u, depth, path)
	case *types.Signature, *types.Chan:
		s.leak("a "+kindWord(u), path)
	case *types.Basic:
		if u.Kind() == types.UnsafePointer {
			s.leak("a pointer", path)
		}
	case *types.Slice:
		s.elements(u.Elem(), depth, path+"[]")
	case *types.Array:
		s.elements(u.Elem(), depth, path+"[]")
	case *types.Map:
		s.mapping(u, depth, path)
	case *types.Struct:
		s.fields(t, u, depth, path)
	case *types.Interface:
		s.dynamic(u, depth, path)
	}
}

func (s *shown) leak(what, path string) {
	if s.verb != jsonVerb { // json refuses funcs and channels with an error of its own
		s.address, s.path = what, path
	}
}

func kindWord(t types.Type) string {
	if _, ok := t.(*types.Chan); ok {
		return "channel"
	}
	return "func"
}

func (s *shown) pointer(u *types.Pointer, depth int, path string) {
	if s.verb == jsonVerb {
		s.look(u.Elem(), depth+1, path)
		return
	}
	composite := false
	switch u.Elem().Underlying().(type) {
	case *types.Struct, *types.Slice, *types.Array, *types.Map:
		composite = true
	}
	if s.verb == 'T' {
		s.look(u.Elem(), depth+1, path)
		return
	}
	if s.verb == 'p' || depth > 0 || !composite || s.verb == anyVerb {
		s.leak("a pointer ("+s.typeName(u)+")", path)
		return
	}
	s.look(u.Elem(), depth+1, path)
}

func (s *shown) elements(elem types.Type, depth int, path string) {
	if s.verb == 'p' {
		s.leak("a slice", path)
		return
	}
	s.look(elem, depth+1, path)
}

func (s *shown) mapping(u *types.Map, depth int, path string) {
	if s.verb == 'p' {
		s.leak("a map", path)
		return
	}
	s.look(u.Key(), depth+1, path+"[key]")
	s.look(u.Elem(), depth+1, path+"[]")
}

func (s *shown) fields(t types.Type, u *types.Struct, depth int, path string) {
	if n, ok := t.(*types.Named); ok && n.Obj().Pkg() != nil && !s.ours(n.Obj().Pkg()) {
		s.leak("the inside of a "+s.typeName(n), path)
		return
	}
	for i := range u.NumFields() {
		f := u.Field(i)
		if s.verb == jsonVerb && (!f.Exported() && !f.Embedded() || reflect.StructTag(u.Tag(i)).Get("json") == "-") {
			continue
		}
		s.look(f.Type(), depth+1, strings.TrimPrefix(path+"."+f.Name(), "."))
	}
}

// argument looks at a whole argument, with what the body says of its dynamic type.
func (s *shown) argument(a ast.Expr, t types.Type) {
	if call, ok := ast.Unparen(a).(*ast.CallExpr); ok && isBuiltin(s.b.info(), call, "recover") {
		s.panics = true
	}
	if id, ok := ast.Unparen(a).(*ast.Ident); ok {
		if n := s.narrowed(s.b)[s.b.info().ObjectOf(id)]; n != nil {
			s.except, s.panics = n.except, n.panics
			for _, o := range n.only {
				s.look(o, 0, "")
			}
			if n.only != nil {
				return
			}
		}
	}
	if types.IsInterface(t) {
		s.given, s.known = s.checker.given(s.b, a)
	}
	s.look(t, 0, "")
}

// dynamic looks at every type that reached code puts into an interface of this kind; at the top of an argument that is a
// parameter, at what callers put there.
func (s *shown) dynamic(face *types.Interface, depth int, path string) {
	boxes := s.boxes
	if depth == 0 && s.known {
		boxes = s.given
	}
	for _, x := range boxes {
		if x.library || x.instance || !types.Implements(x.typ, face) || s.panics && !s.panicked(x) || s.excluded(x.typ, depth) || s.gets != nil && !s.gets(x.typ) {
			continue
		}
		if s.look(x.typ, depth, path); s.found() {
			if s.boxed == nil {
				s.boxed = &x
			}
			return
		}
	}
}

// instance looks at the types that a type parameter stands for.
func (s *shown) instance(p *types.TypeParam, depth int, path string) {
	for _, x := range s.instancesOf(p) {
		if s.look(x.typ, depth, path); s.found() {
			return
		}
	}
}

func (s *shown) excluded(t types.Type, depth int) bool {
	return depth == 0 && slices.ContainsFunc(s.except, func(e types.Type) bool { return types.Identical(e, t) })
}

// panicked says whether a boxed value can be what recover gives: it is given to panic, or an interface value is that can
// hold it.
func (c *checker) panicked(x box) bool {
	return x.panics || slices.ContainsFunc(c.panicsFaces, func(face *types.Interface) bool { return types.Implements(x.typ, face) })
}

// speaks says whether a type has a method that the call uses instead of looking inside.
func (s *shown) speaks(t types.Type) bool {
	names := []string{"Error", "String"}
	switch s.verb {
	case jsonVerb:
		names = []string{"MarshalJSON", "MarshalText"}
	case '#':
		names = []string{"GoString"}
	case 'v', 's', 'q', 'x', 'X', 'w':
	default:
		return false
	}
	if types.IsInterface(t) {
		return false
	}
	for _, name := range names {
		if sel := types.NewMethodSet(t).Lookup(nil, name); sel != nil {
			return true
		}
		if s.verb == jsonVerb && types.NewMethodSet(types.NewPointer(t)).Lookup(nil, name) != nil {
			return true
		}
	}
	return false
}
