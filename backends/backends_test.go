// This file tests writing bundles, and the check of what a program needs.

package backends

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/ir"
)

func tree(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == manifest {
			return err
		}
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		text, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return files
}

func TestWriteBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "bundle")
	first := &Bundle{Files: map[string][]byte{"main.go": []byte("1"), "shop/types.go": []byte("2"), "shop/old.go": []byte("3")}}
	require.NoError(t, first.Write(dir))
	require.Equal(t, map[string]string{"main.go": "1", "shop/types.go": "2", "shop/old.go": "3"}, tree(t, dir))

	// What somebody else puts there stays, what the bundle no longer has goes, what is the same is not touched.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes"), []byte("mine"), 0o600))
	past := time.Unix(1000, 0)
	require.NoError(t, os.Chtimes(filepath.Join(dir, "main.go"), past, past))
	second := &Bundle{Files: map[string][]byte{"main.go": []byte("1"), "shop/types.go": []byte("4")}}
	require.NoError(t, second.Write(dir))
	require.Equal(t, map[string]string{"main.go": "1", "shop/types.go": "4", "notes": "mine"}, tree(t, dir))
	info, err := os.Stat(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	require.Equal(t, past, info.ModTime())
}

func TestBundleStaysInItsFolder(t *testing.T) {
	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, "precious"), nil, 0o600))
	err := (&Bundle{Files: map[string][]byte{"x": nil}}).Write(other)
	require.ErrorContains(t, err, "holds other files")
	require.Equal(t, map[string]string{"precious": ""}, tree(t, other))

	// A manifest that somebody has changed removes nothing outside.
	dir := filepath.Join(other, "bundle")
	require.NoError(t, (&Bundle{Files: map[string][]byte{"x": nil}}).Write(dir))
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifest), []byte("../precious\n/etc/x\nx\n"), 0o600))
	require.NoError(t, (&Bundle{Files: map[string][]byte{"y": nil}}).Write(dir))
	require.Equal(t, map[string]string{"precious": "", "bundle/y": ""}, tree(t, other))
}

// able is a target that only has features.
type able struct {
	name     string
	features Features
}

func (a able) Name() string                                { return a.name }
func (a able) Doc() string                                 { return "" }
func (a able) Features() Features                          { return a.features }
func (a able) Options() []string                           { return nil }
func (a able) Lower(*ir.Program, Options) (*Bundle, error) { return nil, nil }

func shop(t *testing.T) *ir.Program {
	text, err := os.ReadFile(filepath.Join("..", "ir", "testdata", "shop.yaml"))
	require.NoError(t, err)
	p, err := ir.Decode(text, "shop.yaml")
	require.NoError(t, err)
	return p
}

func TestNeeds(t *testing.T) {
	p := shop(t)
	needs := Needs(p)
	require.NotEmpty(t, needs)
	require.Equal(t, Transactions, needs[0].Feature)
	require.Equal(t, "User.BuyItem calls Item.Price", needs[0].What)
	require.Regexp(t, `^shop\.go:\d+$`, needs[0].At)

	weak := able{"weak", Features{Recorded}}
	strong := able{"strong", Features{Transactions, Recursion, Lifecycle}}
	all := []Backend{weak, strong}
	require.NoError(t, Check(p, strong, all))
	require.EqualError(t, Check(p, weak, all),
		"target weak has no transactions, which the program needs: User.BuyItem calls Item.Price; these targets have: strong")
	require.EqualError(t, Check(p, weak, all[:1]), "target weak has no transactions, which the program needs: User.BuyItem calls Item.Price")
	require.Equal(t, strong, Find(all, "strong"))
	require.Nil(t, Find(all, "x"))
}

func TestNeedsOfEachConstruct(t *testing.T) {
	// f invokes a method that invokes itself, deletes, asks: each is a need of its own.
	local := func(name, typ string) *ir.Local {
		parsed, err := ir.ParseType(typ)
		require.NoError(t, err)
		return &ir.Local{Name: name, Type: parsed}
	}
	block := func(name string, end ir.Term) *ir.Block { return &ir.Block{Name: name, End: end} }
	e := &ir.Name{Name: "e"}
	p := &ir.Program{
		IR: ir.Version, ID: "x", Name: "x", Version: 1,
		Types:    []*ir.TypeDef{{Name: "E", Struct: []*ir.FieldDef{{Name: "k", Type: ir.Basic(ir.String)}}}},
		Entities: []*ir.Entity{{Name: "E", Key: "E.Key"}},
		Funcs: []*ir.Func{
			{Name: "E.Key", Entity: "E", Self: "s", Results: []*ir.Local{local("_", "string")}, Blocks: []*ir.Block{
				block("b0", &ir.Return{Values: []ir.Expr{&ir.Field{X: &ir.Name{Name: "s"}, Name: "k"}}})}},
			{Name: "E.Walk", Entity: "E", Self: "s", Params: []*ir.Local{local("e", "ref E")}, Blocks: []*ir.Block{
				block("b0", &ir.Invoke{Method: "E.Walk", On: e, Args: []ir.Expr{e}, Then: "b1"}), block("b1", &ir.Return{})}},
			{Name: "Gone", Params: []*ir.Local{local("e", "ref E")}, Blocks: []*ir.Block{
				block("b0", &ir.Destroy{On: e, Then: "b1"}), block("b1", &ir.Return{})}},
		},
	}
	var features []Feature
	for _, n := range Needs(p) {
		features = append(features, n.Feature)
	}
	require.Equal(t, []Feature{Recursion, Transactions, Lifecycle}, features)
}
