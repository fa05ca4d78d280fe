// This file knows the entity types of a program.

package frontend

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// entity is a type marked //sfc:entity.
type entity struct {
	name string // the one that clients and storage use
	obj  *types.TypeName
	pkg  *packages.Package
	spec *ast.TypeSpec
}

// entities are the entity types of a program.
type entities map[*types.TypeName]*entity

// entityOf gives the entity type that T or *T means, or nil.
func (es entities) entityOf(t types.Type) *entity {
	if n, ok := deref(t).(*types.Named); ok {
		return es[n.Origin().Obj()]
	}
	return nil
}

// refTo gives the entity type that a pointer type refers to, or nil.
func (es entities) refTo(t types.Type) *entity {
	if _, ok := types.Unalias(t).(*types.Pointer); !ok {
		return nil
	}
	return es.entityOf(t)
}

// sortedEntities gives the entity types in the order of their names and packages.
func (es entities) sortedEntities() []*entity {
	var list []*entity
	for _, e := range es {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *entity) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.obj.Pkg().Path(), b.obj.Pkg().Path()))
	})
	return list
}

// throughReference says whether a promoted method, found on t by a path of fields, belongs to another entity or to an
// interface that is embedded.
func (es entities) throughReference(t types.Type, path []int) bool {
	for _, i := range path[:len(path)-1] {
		s, ok := deref(t).Underlying().(*types.Struct)
		if !ok {
			return true // an embedded interface
		}
		t = s.Field(i).Type()
		if es.entityOf(t) != nil || types.IsInterface(t) {
			return true
		}
	}
	return false
}
