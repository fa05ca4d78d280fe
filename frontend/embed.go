// This file makes the functions behind promoted methods.

package frontend

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/stateful-entities/sfc/ir"
)

// promoted asks for the function of a method that a type has from an embedded field. For an entity type it is a method
// of the entity, called on its own receiver.
func (c *compiler) promoted(recv types.Type, en *entity, m *types.Func, path []int) string {
	base := c.names.nameOf(deref(recv).(*types.Named))
	name := base + "." + m.Name()
	if c.funcs[name] != nil {
		return name
	}
	sig := m.Signature()
	out := &ir.Func{Name: name, File: c.file(m.Pos()), At: c.line(m.Pos())}
	c.add(out)
	t := c.signature(c.promotedSignature(recv, m, sig), nil)
	c.queue = append(c.queue, func() {
		f := newFn(c, c.main, out)
		defer f.guard(nil)
		f.start(f.newBlock())
		f.scope = &scope{labels: map[string]*ir.Block{}}
		var x operand
		if en != nil {
			f.entity, out.Entity, out.Self = en, en.name, f.unique(strings.ToLower(en.name[:1]))
			x = nameOf(out.Self)
		} else {
			p := &ir.Local{Name: f.unique("x"), Type: c.typ(recv, nil)}
			out.Params = append(out.Params, p)
			x = nameOf(p.Name)
		}
		f.forwardTo(x, recv, en != nil, m, path, t)
	})
	return name
}

// promotedSignature is the method's signature with the type arguments of the embedded instance.
func (c *compiler) promotedSignature(recv types.Type, m *types.Func, sig *types.Signature) *types.Signature {
	obj, _, _ := types.LookupFieldOrMethod(recv, true, m.Pkg(), m.Name())
	if f, ok := obj.(*types.Func); ok {
		return f.Signature()
	}
	return sig
}

// forwardTo calls the method on the embedded field.
func (f *fn) forwardTo(x operand, t types.Type, own bool, m *types.Func, path []int, sig *ir.Type) {
	for i, index := range path[:len(path)-1] {
		if f.refTo(t) != nil && !(own && i == 0) {
			break
		}
		x, t = f.field(x, t, index, nil)
	}
	call := &ast.CallExpr{Fun: &ast.Ident{Name: m.Name(), NamePos: m.Pos()}, Lparen: m.Pos(), Rparen: m.Pos()}
	rest := plainSig(m.Signature())
	f.at = f.out.At
	own = own && len(path) == 1
	f.forward(sig, func(args []ir.Expr, into []string) {
		p := &prepared{}
		switch en := f.refTo(t); {
		case en != nil && !own:
			p = f.prepareInvoke(p, x, t, en, m, rest, call)
		case types.IsInterface(t):
			p = f.prepareFace(p, x, t, m, rest, call)
		default:
			p = f.preparePlain(p, x, t, m, rest, call)
		}
		first := p.args[0]()
		f.flush()
		p.emit(append([]ir.Expr{first}, args...), into)
	})
}
