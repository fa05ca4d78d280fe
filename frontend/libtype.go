// This file lowers operations on values of library types that are no structs (time.Month, json.RawMessage): the program
// does not declare these types, so operators, indices and slices work on what the types are underneath.

package frontend

import (
	"go/ast"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// plain gives what a type of the library is underneath, and any other type itself.
func (f *fn) plain(t types.Type) types.Type {
	t = f.sub.apply(t)
	if _, ok := types.Unalias(t).(*types.Named); !ok {
		return t
	}
	switch t.Underlying().(type) {
	case *types.Basic, *types.Slice, *types.Array, *types.Map:
		if f.typ(t, nil).Kind == ir.Host {
			return t.Underlying()
		}
	}
	return t
}

// opened lowers an expression whose value is looked into.
func (f *fn) opened(e ast.Expr) operand {
	t := f.typeOf(e)
	if p := f.plain(t); p != t {
		return f.exprTo(e, p)
	}
	return f.expr(e)
}

// closed gives the result of an operation on plain(t) the type t again.
func (f *fn) closed(op operand, t types.Type) operand {
	if p := f.plain(t); p != t {
		return f.convert(op, nil, p, t, len(f.pending))
	}
	return op
}

// operateOn lowers an operation that replaces a value of type t.
func (f *fn) operateOn(old operand, t types.Type, operation func(operand) operand) operand {
	p := f.plain(t)
	if p == t {
		return operation(old)
	}
	return f.closed(operation(f.convert(old, nil, t, p, len(f.pending))), t)
}
