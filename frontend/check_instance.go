// This file knows the type arguments of the program's generic functions and types.

package frontend

import (
	"go/ast"
	"go/types"
)

// instance is a type argument: it may hold type parameters itself, of the code around it.
type instance struct {
	typ types.Type
	at  ast.Node
}

// declaredInstances notes the type arguments in declarations of types and variables; those in bodies are noted when
// they are reached.
func (c *checker) declaredInstances() {
	for _, p := range c.all {
		for _, f := range p.Syntax {
			for _, d := range f.Decls {
				if _, ok := d.(*ast.GenDecl); !ok {
					continue
				}
				ast.Inspect(d, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						c.noteInstance(p.TypesInfo, id)
					}
					return true
				})
			}
		}
	}
}

// noteInstance notes the type arguments of a name, by type parameter.
func (c *checker) noteInstance(info *types.Info, id *ast.Ident) {
	inst, ok := info.Instances[id]
	if !ok {
		return
	}
	var params *types.TypeParamList
	switch o := info.Uses[id].(type) {
	case *types.Func:
		params = o.Origin().Signature().TypeParams()
	case *types.TypeName:
		switch t := o.Type().(type) {
		case *types.Named:
			params = t.Origin().TypeParams()
		case *types.Alias:
			params = t.Origin().TypeParams()
		}
	}
	for i := range min(params.Len(), inst.TypeArgs.Len()) {
		p := params.At(i)
		c.instances[p] = append(c.instances[p], instance{inst.TypeArgs.At(i), id})
	}
}

// instancesOf gives the types that a type parameter stands for. A parameter of a method's receiver is that of its type.
func (c *checker) instancesOf(p *types.TypeParam) []instance { return c.instances[c.typeParam(p)] }

func (c *checker) typeParam(p *types.TypeParam) *types.TypeParam {
	if of := c.receiverParams[p]; of != nil {
		return of
	}
	return p
}

// noteReceiver notes whose type parameters those of a method's receiver are.
func (c *checker) noteReceiver(fn *types.Func) {
	params := fn.Signature().RecvTypeParams()
	if params.Len() == 0 {
		return
	}
	if n, ok := deref(fn.Signature().Recv().Type()).(*types.Named); ok {
		for i := range params.Len() {
			c.receiverParams[params.At(i)] = n.Origin().TypeParams().At(i)
		}
	}
}
