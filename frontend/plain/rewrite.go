// This file rewrites a user's file: text edits at positions, lines kept.

package plain

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// The names that are added to the user's packages.
const (
	ownPrefix  = "SfcOwn_"  // a method or constructor as the user wrote it
	copyPrefix = "SfcCopy_" // the same, called from elsewhere, with copies
	worldName  = "sfcworld" // package world
)

// edit replaces the text between two offsets.
type edit struct {
	from, to int
	text     string
}

// rewriter rewrites one file.
type rewriter struct {
	*source
	pkg      *packages.Package
	file     *ast.File
	test     bool
	self     types.Object // the own receiver of the method around
	copies   map[int]bool // lines whose calls accept copies
	wanted   map[string]bool
	edits    []edit
	world    bool              // the file needs package world
	used     map[string]string // host packages whose uses may all have gone: a name that keeps the import, by import name
	problems []error
}

// rewrite gives a file's new text. It notes in wanted for which functions a copying twin is called.
func (s *source) rewrite(p *packages.Package, f *ast.File, worldPath string, wanted map[string]bool) (string, error) {
	name := p.Fset.Position(f.FileStart).Filename
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	r := &rewriter{
		source: s, pkg: p, file: f, test: strings.HasSuffix(name, "_test.go"),
		copies: copyLines(p.Fset, f), wanted: wanted, used: map[string]string{},
	}
	for _, d := range f.Decls {
		r.decl(d)
	}
	if f.Name.Name == "main" {
		r.replace(f.Name, "app")
	}
	if r.world {
		r.insert(f.Name.End(), fmt.Sprintf("; import %s %q", worldName, worldPath))
	}
	if len(r.problems) > 0 {
		return "", r.problems[0]
	}
	out := apply(string(text), r.edits)
	if !strings.HasSuffix(out, "\n") {
		out += "\n"
	}
	for _, name := range slices.Sorted(keysOf(r.used)) {
		out += fmt.Sprintf("var _ = %s.%s\n", name, r.used[name])
	}
	return out, nil
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// copyLines finds the lines that //sfc:copy is for: its own, or the next one if it stands alone.
func copyLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	code := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case ast.Stmt, ast.Expr:
			code[fset.Position(n.Pos()).Line] = true
			code[fset.Position(n.End()).Line] = true
		}
		return true
	})
	for _, g := range f.Comments {
		for _, c := range g.List {
			if !strings.HasPrefix(c.Text, "//sfc:copy") {
				continue
			}
			if line := fset.Position(c.Pos()).Line; code[line] {
				lines[line] = true
			} else {
				lines[line+1] = true
			}
		}
	}
	return lines
}

func apply(text string, edits []edit) string {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		b.WriteString(text[at:e.from])
		b.WriteString(e.text)
		at = e.to
	}
	b.WriteString(text[at:])
	return b.String()
}

func (r *rewriter) offset(p token.Pos) int { return r.pkg.Fset.Position(p).Offset }

func (r *rewriter) replace(n ast.Node, text string) {
	r.edits = append(r.edits, edit{r.offset(n.Pos()), r.offset(n.End()), text})
}

func (r *rewriter) insert(at token.Pos, text string) {
	r.edits = append(r.edits, edit{r.offset(at), r.offset(at), text})
}

func (r *rewriter) line(n ast.Node) int { return r.pkg.Fset.Position(n.Pos()).Line }

// inWorld gives the name of something in package world.
func (r *rewriter) inWorld(name string) string {
	r.world = true
	return worldName + "." + name
}

func (r *rewriter) decl(d ast.Decl) {
	fn, ok := d.(*ast.FuncDecl)
	if !ok {
		r.walk(d)
		return
	}
	if r.wrapped(fn) {
		r.replace(fn.Name, ownPrefix+fn.Name.Name)
	}
	r.self = nil
	if fn.Recv != nil && len(fn.Recv.List[0].Names) > 0 {
		if self := r.pkg.TypesInfo.Defs[fn.Recv.List[0].Names[0]]; self != nil && r.entityOf(self.Type()) != nil {
			r.self = self
		}
	}
	if fn.Body == nil {
		return
	}
	if r.test && strings.HasPrefix(fn.Name.Name, "Test") && fn.Recv == nil && fn.Name.Name != "TestMain" {
		r.insert(fn.Body.Lbrace+1, fmt.Sprintf(" defer %s(true)();", r.inWorld("Sub")))
	}
	r.walk(fn.Body)
	r.self = nil
}

// wrapped says whether a function gets a twin that registers, resolves or begins a request.
func (r *rewriter) wrapped(fn *ast.FuncDecl) bool {
	return !r.test && r.wraps(r.pkg, fn) != notWrapped
}

func (r *rewriter) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			r.call(n)
		case *ast.SelectorExpr:
			r.selector(n)
		case *ast.RangeStmt:
			r.rangeStmt(n)
		}
		return true
	})
}

// selector rewrites calls on the own receiver, and names of packages that stand for the request's.
func (r *rewriter) selector(x *ast.SelectorExpr) {
	if pkg := r.packageName(x.X); pkg != nil {
		r.hostName(pkg, x)
		return
	}
	sel := r.pkg.TypesInfo.Selections[x]
	if sel == nil || sel.Kind() == types.FieldVal || r.self == nil {
		return
	}
	if id, ok := ast.Unparen(x.X).(*ast.Ident); ok && r.pkg.TypesInfo.Uses[id] == r.self && !r.throughRef(sel) {
		r.replace(x.Sel, ownPrefix+x.Sel.Name)
	}
}

// throughRef says whether a method is promoted from an embedded reference or interface: calling it leaves the entity.
func (r *rewriter) throughRef(sel *types.Selection) bool {
	t := sel.Recv()
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		t = t.Underlying().(*types.Struct).Field(i).Type()
		if r.entityOf(t) != nil || types.IsInterface(t) {
			return true
		}
	}
	return false
}

func (r *rewriter) packageName(x ast.Expr) *types.Package {
	id, ok := x.(*ast.Ident)
	if !ok {
		return nil
	}
	if name, ok := r.pkg.TypesInfo.Uses[id].(*types.PkgName); ok {
		return name.Imported()
	}
	return nil
}

// hostName replaces names of the library that depend on time, chance or the order of maps, and those of sfc.
func (r *rewriter) hostName(pkg *types.Package, x *ast.SelectorExpr) {
	name := x.Sel.Name
	as := ""
	_, isFunc := r.pkg.TypesInfo.Uses[x.Sel].(*types.Func)
	switch pkg.Path() {
	case sfcPath:
		if isFunc {
			as = r.inWorld(name)
		}
	case "time":
		if name == "Now" || name == "Since" || name == "Until" {
			as = r.inWorld(name)
		}
	case "maps":
		if name == "Keys" || name == "Values" || name == "All" || name == "DeleteFunc" {
			as = r.inWorld(name)
		}
	case "math/rand":
		if isFunc && name != "New" && name != "NewSource" && name != "NewZipf" {
			as = r.inWorld("Rand1()") + "." + name
		}
	case "math/rand/v2":
		if isFunc && name == "N" {
			as = r.inWorld("RandN")
		} else if isFunc && !strings.HasPrefix(name, "New") {
			as = r.inWorld("Rand()") + "." + name
		}
	}
	if as == "" || r.test && pkg.Path() != sfcPath {
		return
	}
	dot := strings.LastIndexByte(as, '.') + 1 // a line break may follow a dot
	r.replace(x, as[:dot]+strings.Repeat("\n", r.line(x.Sel)-r.line(x))+as[dot:])
	r.used[x.X.(*ast.Ident).Name] = map[string]string{
		sfcPath: "Exists", "time": "Now", "maps": "Copy[map[int]int, map[int]int]", "math/rand": "New", "math/rand/v2": "NewPCG",
	}[pkg.Path()]
}

// call rewrites calls that accept copies and, in tests, what makes worlds.
func (r *rewriter) call(c *ast.CallExpr) {
	if r.test {
		r.testCall(c)
	}
	if !r.copies[r.line(c)] && !r.copies[r.pkg.Fset.Position(c.End()).Line] {
		return
	}
	switch fn := ast.Unparen(c.Fun).(type) {
	case *ast.SelectorExpr:
		sel := r.pkg.TypesInfo.Selections[fn]
		if sel == nil || sel.Kind() != types.MethodVal {
			return
		}
		if types.IsInterface(sel.Recv()) {
			r.copyNext(c, fn)
			return
		}
		m := sel.Obj().(*types.Func)
		if e := r.entityOf(m.Signature().Recv().Type()); e != nil && !r.onSelf(fn) {
			r.wanted[e.pkg+"."+e.typ+"."+m.Name()] = true
			r.replace(fn.Sel, copyPrefix+fn.Sel.Name)
		}
	}
}

func (r *rewriter) onSelf(x *ast.SelectorExpr) bool {
	id, ok := ast.Unparen(x.X).(*ast.Ident)
	return ok && r.self != nil && r.pkg.TypesInfo.Uses[id] == r.self
}

// copyNext makes a call through an interface copy. The mark that it sets is taken by the next call of an entity, so the
// arguments must not call anything.
func (r *rewriter) copyNext(c *ast.CallExpr, fn *ast.SelectorExpr) {
	for _, a := range c.Args {
		ast.Inspect(a, func(n ast.Node) bool {
			if _, calls := n.(*ast.CallExpr); calls {
				r.problems = append(r.problems, fmt.Errorf("%s: the oracle cannot copy at an interface call whose arguments make calls",
					r.pkg.Fset.Position(c.Pos())))
			}
			return true
		})
	}
	r.insert(fn.X.Pos(), r.inWorld("CopyNext")+"(")
	r.insert(fn.X.End(), ")")
}

// testCall gives subtests a world that begins as their test's, and lets parallel tests run one after another.
func (r *rewriter) testCall(c *ast.CallExpr) {
	fn, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	m, ok := r.pkg.TypesInfo.Uses[fn.Sel].(*types.Func)
	if !ok {
		return
	}
	switch m.FullName() {
	case "(*testing.T).Run":
		if body, ok := c.Args[1].(*ast.FuncLit); ok {
			r.insert(body.Body.Lbrace+1, fmt.Sprintf(" defer %s(false)();", r.inWorld("Sub")))
		}
	case "(*testing.T).Parallel":
		r.replace(c, r.inWorld("Serial()"))
	}
}

// rangeStmt sorts a range over a map. The snapshot holds the keys; each step looks whether its key is still there.
func (r *rewriter) rangeStmt(s *ast.RangeStmt) {
	t := r.pkg.TypesInfo.TypeOf(s.X)
	if _, isMap := coreType(t).(*types.Map); !isMap || r.test {
		return
	}
	key, value := r.target(s.Key), r.target(s.Value)
	body := " sfcK, sfcV, sfcOK := sfcE.Get(); _, _ = sfcK, sfcV; if !sfcOK { continue };"
	switch {
	case key == "_" && value == "_":
	case s.Tok == token.DEFINE:
		body += fmt.Sprintf(" %s, %s := sfcK, sfcV;", key, value)
	default:
		body += fmt.Sprintf(" %s, %s = sfcK, sfcV;", key, value)
	}
	r.edits = append(r.edits, edit{r.offset(s.For) + len("for"), r.offset(s.X.Pos()),
		strings.Repeat("\n", r.line(s.X)-r.line(s)) + " _, sfcE := range " + r.inWorld("Entries(")})
	r.insert(s.X.End(), ")")
	r.insert(s.Body.Lbrace+1, body+" {")
	r.insert(s.Body.Rbrace, "}")
}

func (r *rewriter) target(x ast.Expr) string {
	if x == nil {
		return "_"
	}
	var b strings.Builder
	writeExpr(&b, r.pkg.Fset, x)
	return b.String()
}

func coreType(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		if u, ok := p.Constraint().Underlying().(*types.Interface); ok && u.NumEmbeddeds() == 1 {
			if un, ok := u.EmbeddedType(0).(*types.Union); ok && un.Len() == 1 {
				return un.Term(0).Type().Underlying()
			}
		}
		return t
	}
	return t.Underlying()
}
