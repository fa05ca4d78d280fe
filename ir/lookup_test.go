// This file tests lookups by name and questions about types.

package ir

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLookupFollowsChanges(t *testing.T) {
	p := load(t, "shop.yaml")
	require.NotNil(t, p.Func("User.BuyItem"))
	require.Nil(t, p.Func("User.Nope"))
	p.Func("User.BuyItem").Name = "User.Nope"
	assert.NotNil(t, p.Func("User.Nope"))
	assert.Nil(t, p.Func("User.BuyItem"))
	p.Funcs = p.Funcs[:1]
	assert.Nil(t, p.Func("User.Nope"))
	p.Funcs = append(p.Funcs, &Func{Name: "new"})
	assert.NotNil(t, p.Func("new"))
}

func TestUnderlying(t *testing.T) {
	p := &Program{Types: []*TypeDef{
		{Name: "A", Is: NamedType("B")}, {Name: "B", Is: Basic(Int)},
		{Name: "S", Is: NamedType("T")}, {Name: "T", Empty: "struct"},
		{Name: "X", Is: NamedType("Y")}, {Name: "Y", Is: NamedType("X")},
	}}
	assert.Equal(t, Basic(Int), Underlying(p, NamedType("A")))
	assert.Equal(t, NamedType("T"), Underlying(p, NamedType("S")))
	assert.Nil(t, Underlying(p, NamedType("X")))
	assert.Nil(t, Underlying(p, NamedType("Nope")))
	assert.Equal(t, ListType(NamedType("A")), Underlying(p, ListType(NamedType("A"))))
}

func TestImplements(t *testing.T) {
	p := read(t, calling)
	goer, namer := NamedType("Goer"), NamedType("Namer")
	for _, c := range []struct {
		t, iface *Type
		want     bool
	}{
		{NamedType("Near"), goer, true},
		{PtrType(NamedType("Near")), goer, true},
		{NamedType("Far"), goer, false}, // only *Far has the method
		{PtrType(NamedType("Far")), goer, true},
		{NamedType("Near"), namer, false},
		{NamedType("Near"), Basic(Any), true},
		{goer, Basic(Any), true},
		{Basic(Any), goer, false},
		{RefType("A"), goer, false},
		{Basic(Int), Basic(Error), false},
		{HostType("go:strconv.NumError"), Basic(Error), true},
		{goer, Basic(Int), false},
	} {
		assert.Equal(t, c.want, Implements(p, c.t, c.iface), "%s %s", c.t, c.iface)
	}
}

func TestHosts(t *testing.T) {
	assert.Equal(t, []string{"go"}, Hosts(load(t, "shop.yaml")))
	assert.Empty(t, Hosts(read(t, twoBlocks)))
	p := read(t, twoBlocks)
	p.Funcs[0].Locals = append(p.Funcs[0].Locals, &Local{Name: "b", Type: ListType(HostType("py:re.Pattern"))})
	assert.Equal(t, []string{"py"}, Hosts(p))
}
