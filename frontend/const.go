// This file turns constants into literals of the type they are used with.

package frontend

import (
	"go/ast"
	"go/constant"
	"go/types"
	"math"

	"github.com/stateful-entities/sfc/ir"
)

// constant gives a literal of a type with a basic underlying type. Go's checker has made sure that the value fits.
func (f *fn) constant(v constant.Value, t types.Type, n ast.Node) operand {
	t = types.Default(t)
	it := f.typ(t, n)
	if it.Kind == ir.Host {
		basic := t.Underlying().(*types.Basic)
		x := literal(v, f.typ(basic, n), basic)
		return func() ir.Expr { return &ir.Convert{X: x, To: it} }
	}
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		internal("constant of type %s", t)
	}
	return func() ir.Expr { return literal(v, it, basic) }
}

func literal(v constant.Value, it *ir.Type, t *types.Basic) *ir.Lit {
	lit := &ir.Lit{Type: it}
	switch info := t.Info(); {
	case info&types.IsBoolean != 0:
		lit.Value = constant.BoolVal(v)
	case info&types.IsString != 0:
		lit.Value = constant.StringVal(v)
	case info&types.IsUnsigned != 0:
		n, _ := constant.Uint64Val(constant.ToInt(v))
		lit.Value = n
	case info&types.IsInteger != 0:
		n, _ := constant.Int64Val(constant.ToInt(v))
		lit.Value = n
	case info&types.IsFloat != 0:
		lit.Value = float(v, t)
	case info&types.IsComplex != 0:
		c := constant.ToComplex(v)
		lit.Value = complex(float(constant.Real(c), t), float(constant.Imag(c), t))
	default:
		internal("constant %s of type %s", v, t)
	}
	return lit
}

// float rounds once, to the precision of the type. Constants have no negative zero.
func float(v constant.Value, t *types.Basic) float64 {
	v = constant.ToFloat(v)
	if t.Kind() == types.Float32 || t.Kind() == types.Complex64 {
		x, _ := constant.Float32Val(v)
		return positive(float64(x))
	}
	x, _ := constant.Float64Val(v)
	return positive(x)
}

func positive(x float64) float64 {
	if x == 0 {
		return math.Copysign(0, 1)
	}
	return x
}
