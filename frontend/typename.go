// This file spells types as Go shows them, and puts the names into the calls that show them by %T: the generated
// program, which is one package, would show others.

package frontend

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// shownName is what %T gives for values of a type; false if that depends on the value, or cannot be told here. Type
// parameters inside a type stand for types that are told when the instance is lowered.
func shownName(t types.Type) (string, bool) {
	if _, open := types.Unalias(t).(*types.TypeParam); open || types.IsInterface(t) {
		return "", false
	}
	s := &speller{}
	name := s.typ(types.Default(t), false)
	return name, !s.unknown
}

// speller writes types as reflect does.
type speller struct {
	unknown bool // something in it cannot be written here
}

// typ writes a type. Within type arguments Go writes the whole path of a package.
func (s *speller) typ(t types.Type, argument bool) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() != types.UnsafePointer && t.Info()&types.IsUntyped == 0 && t.Kind() != types.Invalid {
			return types.Typ[t.Kind()].Name() // uint8 for byte
		}
	case *types.Named:
		return s.named(t, argument)
	case *types.Pointer:
		return "*" + s.typ(t.Elem(), argument)
	case *types.Slice:
		return "[]" + s.typ(t.Elem(), argument)
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), s.typ(t.Elem(), argument))
	case *types.Map:
		return "map[" + s.typ(t.Key(), argument) + "]" + s.typ(t.Elem(), argument)
	case *types.Interface:
		if t.Empty() {
			return "interface {}"
		}
	case *types.Signature:
		return s.signature(t, argument)
	case *types.TypeParam:
		return t.Obj().Name()
	}
	s.unknown = true
	return ""
}

func (s *speller) named(t *types.Named, argument bool) string {
	o := t.Obj()
	switch {
	case o.Pkg() == nil:
		return o.Name() // error
	case o.Pkg().Name() == "main", o.Parent() != o.Pkg().Scope() && (argument || inGeneric(o)):
		s.unknown = true
		return ""
	}
	pkg := o.Pkg().Name()
	if argument {
		pkg = o.Pkg().Path()
	}
	name := pkg + "." + o.Name()
	if t.TypeArgs().Len() == 0 {
		return name
	}
	var list []string
	for a := range t.TypeArgs().Types() {
		list = append(list, s.typ(a, true))
	}
	return name + "[" + strings.Join(list, ",") + "]"
}

// inGeneric says whether a type is declared inside a generic function.
func inGeneric(o *types.TypeName) bool {
	for scope := o.Parent(); scope != nil && scope != o.Pkg().Scope(); scope = scope.Parent() {
		for _, name := range scope.Names() {
			if _, ok := scope.Lookup(name).Type().(*types.TypeParam); ok {
				return true
			}
		}
	}
	return false
}

func (s *speller) signature(t *types.Signature, argument bool) string {
	var in, out []string
	for i := range t.Params().Len() {
		p := t.Params().At(i).Type()
		if t.Variadic() && i == t.Params().Len()-1 {
			in = append(in, "..."+s.typ(p.(*types.Slice).Elem(), argument))
		} else {
			in = append(in, s.typ(p, argument))
		}
	}
	for v := range t.Results().Variables() {
		out = append(out, s.typ(v.Type(), argument))
	}
	text := "func(" + strings.Join(in, ", ") + ")"
	switch len(out) {
	case 0:
		return text
	case 1:
		return text + " " + out[0]
	}
	return text + " (" + strings.Join(out, ", ") + ")"
}

// namedArgs are the arguments of a call that only the names of their types are wanted of.
type namedArgs struct {
	call   *ast.CallExpr
	first  int    // argument behind the format
	format string // with %s for them
	names  map[ast.Expr]string
}

// namedArgs looks at a call of a library function with a constant format; nil if there is nothing to do.
func (f *fn) namedArgs(obj *types.Func, sig *types.Signature, e *ast.CallExpr) *namedArgs {
	if row := Lookup(externName(obj.Origin())); row.Shows != "format" || e.Ellipsis.IsValid() {
		return nil
	}
	n := &namedArgs{call: e, first: sig.Params().Len() - 1, names: map[ast.Expr]string{}}
	if len(e.Args) <= n.first {
		return nil
	}
	tv := f.pkg.TypesInfo.Types[e.Args[n.first-1]]
	if tv.Value == nil || tv.Value.Kind() != constant.String {
		return nil
	}
	n.format = constant.StringVal(tv.Value)
	verbs, plain := verbsOf(n.format)
	if !plain {
		return nil
	}
	format := []byte(n.format)
	for i, a := range e.Args[n.first:] {
		if i >= len(verbs) || verbs[i].verb != 'T' {
			continue
		}
		t := f.typeOf(a)
		name, ok := shownName(t)
		switch {
		case ok:
			n.names[a] = name
			format[verbs[i].at] = 's'
		case len(f.sub.args) > 0 && !types.IsInterface(t): // the check of the generic code could not know
			f.report("SF1510", a, "declare the types outside of functions, with names", "the name of %s, as %%T shows it here, is another one in the generated program", t)
		}
	}
	n.format = string(format)
	if len(n.names) == 0 {
		return nil
	}
	return n
}

// argument lowers an argument of such a call; false if it is an ordinary one.
func (n *namedArgs) argument(f *fn, a ast.Expr) (operand, bool) {
	text := &ir.Lit{Type: ir.Basic(ir.String)}
	if n == nil {
		return nil, false
	}
	if a == n.call.Args[n.first-1] {
		text.Value = n.format
		return func() ir.Expr { return text }, true
	}
	name, ok := n.names[a]
	if !ok {
		return nil, false
	}
	text.Value = name
	value := f.expr(a)
	return func() ir.Expr {
		if v := value(); !noEffect(v) {
			f.do(&ir.Eval{X: v, At: f.at})
		}
		return &ir.Box{X: text, To: ir.Basic(ir.Any)}
	}, true
}
