// This file turns Go's types into the program's types, and gives them names.

package frontend

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/stateful-entities/sfc/ir"
)

// typeNames gives each declared type its one name in the program.
type typeNames struct {
	c     *compiler
	known typeutil.Map // from identical types to *named
	order []*named
	pkgs  map[*types.Package]string
	taken map[string]bool
}

type named struct {
	def *ir.TypeDef
	typ types.Type
}

func newTypeNames(c *compiler) *typeNames {
	n := &typeNames{c: c, pkgs: map[*types.Package]string{}, taken: map[string]bool{}}
	for _, p := range c.all {
		n.pkg(p.Types)
	}
	return n
}

// pkg gives a package's name, made unique among the packages of the program.
func (n *typeNames) pkg(p *types.Package) string {
	if s, ok := n.pkgs[p]; ok {
		return s
	}
	name := p.Name()
	for i := 2; n.taken["package "+name]; i++ {
		name = fmt.Sprintf("%s%d", p.Name(), i)
	}
	n.taken["package "+name] = true
	n.pkgs[p] = name
	return name
}

// nameOf gives the name of a declared type of the module (or an interface of a library) and declares it.
func (n *typeNames) nameOf(t *types.Named) string { return n.declared(t, nil).Name }

// declared enters a declared type and what it is made of.
func (n *typeNames) declared(t *types.Named, at ast.Node) *ir.TypeDef {
	if d, ok := n.known.At(t).(*named); ok {
		return d.def
	}
	obj := t.Obj()
	def := &ir.TypeDef{}
	if obj.Pos().IsValid() && n.c.by[obj.Pkg()] != nil {
		def.At = n.c.at(obj.Pos())
	}
	n.enter(t, def)
	n.name(def, t)
	if t.TypeArgs().Len() == 0 { // each is declared once; instances could go on for ever
		defer func(depth int) { n.c.depth = depth }(n.c.depth)
		n.c.depth = 0
	}
	n.fill(def, t, at)
	return def
}

func (n *typeNames) enter(t types.Type, def *ir.TypeDef) {
	d := &named{def, t}
	n.known.Set(t, d)
	n.order = append(n.order, d)
}

// name chooses the name: the entity's, the declared one, qualified outside the program's own package.
func (n *typeNames) name(def *ir.TypeDef, t *types.Named) {
	obj := t.Obj()
	shown := obj.Name() + n.arguments(typeArgs(t))
	def.Name = shown
	if e := n.c.entities[t.Origin().Obj()]; e != nil {
		def.Name = e.name
	} else if obj.Pkg() != n.c.main.Types || ir.ReservedTypeName(shown) {
		def.Name = n.pkg(obj.Pkg()) + "." + shown
	}
	if obj.Pkg() != n.c.main.Types {
		def.Package = obj.Pkg().Path()
	}
	base := def.Name
	for i := 1; n.taken[def.Name]; i++ {
		def.Name = fmt.Sprintf("%s$%d", base, i)
	}
	n.taken[def.Name] = true
	if last := def.Name[strings.LastIndexByte(def.Name, '.')+1:]; last != shown {
		def.Local = shown
	}
}

// arguments gives the type arguments of an instance in brackets, "" if there are none.
func (n *typeNames) arguments(targs []types.Type) string {
	if len(targs) == 0 {
		return ""
	}
	var list []string
	for _, a := range targs {
		list = append(list, n.c.typ(a, nil).String())
	}
	return "[" + strings.Join(list, ",") + "]"
}

func (n *typeNames) fill(def *ir.TypeDef, t types.Type, at ast.Node) {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		def.Struct = n.fields(u, at)
		if len(def.Struct) == 0 {
			def.Empty = "struct"
		}
	case *types.Interface:
		def.Iface = n.methods(u, at)
		if len(def.Iface) == 0 {
			def.Empty = "interface"
		}
	default:
		def.Is = n.c.typ(u, at)
	}
}

func (n *typeNames) fields(s *types.Struct, at ast.Node) []*ir.FieldDef {
	var list []*ir.FieldDef
	for i := range s.NumFields() {
		f := s.Field(i)
		list = append(list, &ir.FieldDef{Name: f.Name(), Type: n.c.typ(f.Type(), at), Tag: s.Tag(i), Embedded: f.Embedded(), Was: n.c.was[f]})
	}
	return list
}

func (n *typeNames) methods(u *types.Interface, at ast.Node) []*ir.Sig {
	var list []*ir.Sig
	for m := range u.Methods() {
		sig := &ir.Sig{Name: m.Name(), Type: n.c.signature(m.Signature(), at)}
		if !m.Exported() {
			sig.Package = m.Pkg().Path()
		}
		list = append(list, sig)
	}
	slices.SortFunc(list, func(a, b *ir.Sig) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// anonymous declares an anonymous struct or interface type as an alias.
func (n *typeNames) anonymous(t types.Type, at ast.Node) *ir.Type {
	if d, ok := n.known.At(t).(*named); ok {
		return ir.NamedType(d.def.Name)
	}
	kind := "struct"
	if types.IsInterface(t) {
		kind = "interface"
	}
	name := kind
	for i := 1; name == kind || n.taken[name]; i++ {
		name = fmt.Sprintf("%s$%d", kind, i)
	}
	n.taken[name] = true
	def := &ir.TypeDef{Name: name, Alias: true}
	n.enter(t, def)
	n.fill(def, t, at)
	return ir.NamedType(name)
}

var basicKinds = map[types.BasicKind]ir.Kind{
	types.Bool: ir.Bool, types.Int: ir.Int, types.Int8: ir.I8, types.Int16: ir.I16, types.Int32: ir.I32, types.Int64: ir.I64,
	types.Uint: ir.Uint, types.Uint8: ir.U8, types.Uint16: ir.U16, types.Uint32: ir.U32, types.Uint64: ir.U64,
	types.Float32: ir.F32, types.Float64: ir.F64, types.Complex64: ir.C64, types.Complex128: ir.C128, types.String: ir.String,
	types.UntypedBool: ir.Bool, types.UntypedInt: ir.Int, types.UntypedRune: ir.I32, types.UntypedFloat: ir.F64,
	types.UntypedComplex: ir.C128, types.UntypedString: ir.String, types.UntypedNil: ir.Any,
}

// maxTypeDepth bounds how deep a type may be nested without names; the verifier's bound is a little above.
const maxTypeDepth = 60

// typ gives the program's type for a Go type. What cannot be a type of a program is reported at the node.
func (c *compiler) typ(t types.Type, at ast.Node) *ir.Type {
	if c.depth++; c.depth > maxTypeDepth {
		c.depth--
		if !c.tooDeep { // once: its parts are too deep as well
			c.report("SF1511", at, "give a part of the type a name: `type part …`", "a type is nested deeper than %d", maxTypeDepth)
		}
		c.tooDeep = true
		return ir.Basic(ir.Any)
	}
	defer func() { c.depth-- }()
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if k, ok := basicKinds[t.Kind()]; ok {
			return ir.Basic(k)
		}
		c.report("SF1206", at, "store the value itself, or an index", "%s has no meaning in a program that moves between machines", t)
	case *types.Pointer:
		if e := c.entityOf(t); e != nil {
			c.names.declared(e.obj.Type().(*types.Named), at)
			return ir.RefType(e.name)
		}
		return ir.PtrType(c.typ(t.Elem(), at))
	case *types.Slice:
		return ir.ListType(c.typ(t.Elem(), at))
	case *types.Array:
		return ir.ArrayType(int(t.Len()), c.typ(t.Elem(), at))
	case *types.Map:
		return ir.MapType(c.typ(t.Key(), at), c.typ(t.Elem(), at))
	case *types.Signature:
		return c.signature(t, at)
	case *types.Struct:
		return c.names.anonymous(t, at)
	case *types.Interface:
		if t.Empty() {
			return ir.Basic(ir.Any)
		}
		if types.Identical(t, types.Universe.Lookup("error").Type().Underlying()) {
			return ir.Basic(ir.Error)
		}
		return c.names.anonymous(t, at)
	case *types.Named:
		return c.namedType(t, at)
	case *types.Chan:
		c.report("SF1202", at, "collect in a slice, or call a method where you would have sent", "channels (%s) cannot be suspended and moved", t)
	case *types.TypeParam:
		c.report("SF1501", at, "declare the type outside of the function, with the type parameters it needs: `type item[T any] struct { … }`", "a type declared inside a generic function is not supported yet")
	default:
		c.report("SF1511", at, "use a slice, a map or a struct of types that are", "type %s is not supported", t)
	}
	return ir.Basic(ir.Any)
}

func (c *compiler) namedType(t *types.Named, at ast.Node) *ir.Type {
	obj := t.Obj()
	if obj.Pkg() == nil { // error, comparable
		return ir.Basic(ir.Error)
	}
	full := obj.Pkg().Path() + "." + obj.Name()
	switch {
	case full == "time.Time":
		return ir.Basic(ir.Time)
	case full == "time.Duration":
		return ir.Basic(ir.Duration)
	case full == "context.Context":
		c.report("SF1511", at, "make it the first parameter, or pass what the function needs of it", "a context is allowed as the first parameter only")
		return ir.Basic(ir.Any)
	case c.by[obj.Pkg()] != nil, types.IsInterface(t):
		return ir.NamedType(c.names.declared(t, at).Name)
	}
	return ir.HostType("go:" + full + c.names.arguments(typeArgs(t)))
}

// signature gives a func type; a leading context is not a parameter.
func (c *compiler) signature(s *types.Signature, at ast.Node) *ir.Type {
	t := &ir.Type{Kind: ir.FuncKind, Variadic: s.Variadic()}
	for i := range s.Params().Len() {
		if p := s.Params().At(i).Type(); i > 0 || !isContext(p) {
			t.Params = append(t.Params, c.typ(p, at))
		}
	}
	for v := range s.Results().Variables() {
		t.Results = append(t.Results, c.typ(v.Type(), at))
	}
	return t
}

func isContext(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context" && n.Obj().Name() == "Context"
}

// instantiate gives the instance of a generic type, or the type itself.
func instantiate(c *compiler, t *types.Named, targs []types.Type) *types.Named {
	if len(targs) == 0 || t.Origin().TypeParams().Len() == 0 {
		return t
	}
	inst, err := types.Instantiate(c.context, t.Origin(), targs, false)
	if err != nil {
		internal("instance of %s: %v", t, err)
	}
	return inst.(*types.Named)
}

// substitution replaces the type parameters of the function being lowered.
type substitution struct {
	c    *compiler
	args map[*types.TypeParam]types.Type
}

func (s substitution) apply(t types.Type) types.Type {
	if len(s.args) == 0 || t == nil {
		return t
	}
	switch t := t.(type) {
	case *types.TypeParam:
		if a, ok := s.args[t]; ok {
			return a
		}
	case *types.Alias:
		return s.apply(types.Unalias(t))
	case *types.Pointer:
		return types.NewPointer(s.apply(t.Elem()))
	case *types.Slice:
		return types.NewSlice(s.apply(t.Elem()))
	case *types.Array:
		return types.NewArray(s.apply(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(s.apply(t.Key()), s.apply(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), s.apply(t.Elem()))
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, s.tuple(t.Params()), s.tuple(t.Results()), t.Variadic())
	case *types.Tuple:
		return s.tuple(t)
	case *types.Struct:
		return s.structure(t)
	case *types.Interface:
		return s.face(t)
	case *types.Named:
		return s.named(t)
	}
	return t
}

func (s substitution) tuple(t *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range t.Variables() {
		vars = append(vars, types.NewVar(v.Pos(), v.Pkg(), v.Name(), s.apply(v.Type())))
	}
	return types.NewTuple(vars...)
}

func (s substitution) structure(t *types.Struct) types.Type {
	var fields []*types.Var
	var tags []string
	for i := range t.NumFields() {
		f := t.Field(i)
		fields = append(fields, types.NewField(f.Pos(), f.Pkg(), f.Name(), s.apply(f.Type()), f.Embedded()))
		tags = append(tags, t.Tag(i))
	}
	return types.NewStruct(fields, tags)
}

func (s substitution) face(t *types.Interface) types.Type {
	var methods []*types.Func
	for m := range t.Methods() {
		methods = append(methods, types.NewFunc(m.Pos(), m.Pkg(), m.Name(), s.apply(m.Signature()).(*types.Signature)))
	}
	return types.NewInterfaceType(methods, nil).Complete()
}

func (s substitution) named(t *types.Named) types.Type {
	if t.TypeArgs().Len() == 0 {
		return t
	}
	var targs []types.Type
	for a := range t.TypeArgs().Types() {
		targs = append(targs, s.apply(a))
	}
	return instantiate(s.c, t.Origin(), targs)
}
