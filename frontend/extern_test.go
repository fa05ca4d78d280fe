// This file checks the table of the standard library against the library of the installed Go.

package frontend

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/internal/diag"
)

// libraryAPI gives the packages of the table, type-checked from the source of the installed Go.
func libraryAPI(t testing.TB) []*types.Package {
	t.Helper()
	imp := importer.ForCompiler(token.NewFileSet(), "source", nil)
	var ps []*types.Package
	for _, path := range table().order {
		p, err := imp.Import(path)
		require.NoError(t, err, path)
		ps = append(ps, p)
	}
	return ps
}

// exported calls f with every exported function, type and variable of a package, and every method of its types.
func exported(p *types.Package, f func(name string, o types.Object)) {
	for _, n := range p.Scope().Names() {
		o := p.Scope().Lookup(n)
		if !o.Exported() {
			continue
		}
		if _, ok := o.(*types.Const); ok {
			continue
		}
		f(p.Path()+"."+n, o)
		named, ok := o.Type().(*types.Named)
		if _, isType := o.(*types.TypeName); !isType || !ok {
			continue
		}
		for m := range named.Methods() {
			if m.Exported() {
				f(p.Path()+"."+n+"."+m.Name(), m)
			}
		}
		if i, ok := named.Underlying().(*types.Interface); ok {
			for m := range i.ExplicitMethods() {
				if m.Exported() {
					f(p.Path()+"."+n+"."+m.Name(), m)
				}
			}
		}
	}
}

// explicit says whether the table itself names something, alone or as Type.*.
func explicit(name string) bool {
	t := table()
	if _, ok := t.rows[name]; ok {
		return true
	}
	pkg, rest := splitExtern(name)
	typ, _, _ := strings.Cut(rest, ".")
	_, glob := t.globs[pkg+"."+typ]
	return glob || t.allVars[pkg] && !strings.Contains(rest, ".")
}

func TestEveryExportedNameOfACoveredPackageHasARow(t *testing.T) {
	for _, p := range libraryAPI(t) {
		exported(p, func(name string, o types.Object) {
			switch o.(type) {
			case *types.TypeName:
				pkg, rest := splitExtern(name)
				_, known := table().types[name]
				_, glob := table().globs[pkg+"."+rest]
				if _, alias := o.Type().(*types.Alias); !alias {
					assert.True(t, known || glob, "type %s has neither a line in types nor a refusal", name)
				}
			case *types.Var:
				// A variable that is not listed is refused: variables are listed one by one where they are constants.
			default:
				assert.True(t, explicit(name), "%s has no row", name)
			}
		})
	}
}

func TestEveryRowNamesSomething(t *testing.T) {
	have := map[string]types.Object{}
	for _, p := range libraryAPI(t) {
		exported(p, func(name string, o types.Object) { have[name] = o })
	}
	hidden := regexp.MustCompile(`^encoding/binary\.(littleEndian|bigEndian)\.`) // methods of unexported types behind exported variables
	for name := range table().rows {
		if !hidden.MatchString(name) {
			assert.Truef(t, have[name] != nil, "the row of %s names nothing", name)
		}
	}
	for name := range table().globs {
		assert.Truef(t, have[name] != nil, "%s.* names no type", name)
	}
	for name := range table().types {
		assert.Truef(t, have[name] != nil, "the type %s does not exist", name)
	}
}

func TestRowsFitTheirSignatures(t *testing.T) {
	for _, p := range libraryAPI(t) {
		exported(p, func(name string, o types.Object) {
			f, ok := o.(*types.Func)
			row := Lookup(name)
			if !ok || !row.Allowed {
				return
			}
			sig := f.Signature()
			n := sig.Params().Len()
			if sig.Recv() != nil {
				n++
			}
			checkEffects(t, row, n)
			checkCost(t, row, row.Steps, sig)
			checkCost(t, row, row.Bytes, sig)
			assert.True(t, row.Calls || !takesCallbacks(sig), "%s may call back", name)
		})
	}
}

// takesCallbacks says whether a function is given something with behaviour: a func, or a value behind an interface.
func takesCallbacks(sig *types.Signature) bool {
	has := false
	look := func(v *types.Var) {
		t := v.Type()
		if s, ok := t.Underlying().(*types.Slice); ok {
			t = s.Elem()
		}
		switch u := t.Underlying().(type) {
		case *types.Signature:
			has = true
		case *types.Interface:
			has = has || !harmless(v, t, u)
		}
	}
	for v := range sig.Params().Variables() {
		look(v)
	}
	if r := sig.Recv(); r != nil {
		look(r)
	}
	return has
}

// harmless interfaces: type parameters, and values that the function stores or whose own methods are the library's.
func harmless(v *types.Var, t types.Type, u *types.Interface) bool {
	if p, ok := t.(*types.TypeParam); ok {
		core := p.Constraint().Underlying().(*types.Interface)
		return core.NumMethods() == 0 && !strings.Contains(core.String(), "func(")
	}
	stored := map[string]bool{ // kept or handed on, not called
		"container/list": true, "log/slog": true, "context": true, "encoding/binary": true, "hash": true,
	}
	if v.Pkg() != nil && stored[v.Pkg().Path()] && v.Pkg().Path() != "log/slog" {
		return true
	}
	return v.Name() == "value" && v.Pkg().Path() == "log/slog" || v.Name() == "errs" // slog.Any, errors.Join
}

var clause = regexp.MustCompile(`^([wWpsre])(\d)$|^k(\d)>(\d)$`)

func checkEffects(t *testing.T, r Row, n int) {
	t.Helper()
	for _, c := range strings.Fields(r.Effects) {
		m := clause.FindStringSubmatch(c)
		if !assert.NotNil(t, m, "%s: clause %q", r.Name, c) {
			continue
		}
		for _, i := range []string{m[2], m[3], m[4]} {
			if i != "" {
				k, _ := strconv.Atoi(i)
				assert.Less(t, k, n, "%s: clause %q names an argument it does not have", r.Name, c)
			}
		}
	}
}

var factor = regexp.MustCompile(`^(\d+|result|(len|sum|arg|log|size|deep|flat|move|slots|pad)\((\d)\))$`)

func checkCost(t *testing.T, r Row, cost string, sig *types.Signature) {
	t.Helper()
	if cost == "" {
		return
	}
	var args []types.Type
	if sig.Recv() != nil {
		args = append(args, sig.Recv().Type())
	}
	for v := range sig.Params().Variables() {
		args = append(args, v.Type())
	}
	for _, term := range strings.Split(cost, "+") {
		product, by, divided := strings.Cut(term, "/")
		if divided {
			k, err := strconv.Atoi(by)
			assert.True(t, err == nil && k > 0, "%s: divisor in %q", r.Name, term)
		}
		for _, f := range strings.Split(product, "*") {
			m := factor.FindStringSubmatch(f)
			if !assert.NotNil(t, m, "%s: factor %q of %q", r.Name, f, cost) {
				continue
			}
			if m[3] != "" {
				k, _ := strconv.Atoi(m[3])
				if assert.Less(t, k, len(args), "%s: cost %q names an argument it does not have", r.Name, cost) {
					assert.True(t, measures(m[2], args[k]), "%s: %s of a %s in %q", r.Name, m[2], args[k], cost)
				}
			}
		}
	}
}

// measures says whether a factor of a cost can be asked of an argument of a type.
func measures(factor string, t types.Type) bool {
	_, generic := types.Unalias(t).(*types.TypeParam)
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch factor {
		case "flat":
			return true
		case "arg":
			return u.Info()&types.IsInteger != 0
		case "len", "log", "pad":
			return u.Info()&types.IsString != 0
		}
	case *types.Slice:
		return factor == "len" || factor == "log" || factor == "size" || factor == "deep" || factor == "sum" || factor == "flat" || factor == "move"
	case *types.Map, *types.Array:
		return factor == "len" || factor == "log" || factor == "size" || factor == "flat" || factor == "slots"
	}
	return factor == "size" || factor == "deep" || generic && strings.Contains("len log flat move slots", factor)
}

func TestEveryRefusalSaysWhyAndWhatInstead(t *testing.T) {
	check := func(name, code, why, instead string) {
		assert.NotEmpty(t, diag.Title(code), "%s: code %q", name, code)
		assert.NotEmpty(t, why, name)
		assert.NotEmpty(t, instead, name)
	}
	for name, r := range table().rows {
		if !r.Allowed {
			check(name, r.Code, r.Why, r.Instead)
		}
	}
	for name, r := range table().globs {
		check(name, r.Code, r.Why, r.Instead)
	}
	for _, p := range table().refused {
		check(p.Paths, orCode(p.Code), p.Why, p.Instead)
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		name    string
		allowed bool
		code    string
	}{
		{"strings.Fields", true, ""},
		{"strings.Builder.WriteString", true, ""},
		{"math/rand/v2.Rand.IntN", true, ""},
		{"unicode.Latin", true, ""},
		{"io.EOF", true, ""},
		{"time.Local", false, "SF1302"},
		{"time.Sleep", false, "SF1304"},
		{"strings.Reader.Len", false, "SF1310"},
		{"os.Args", false, "SF1303"},
		{"os/exec.Command", false, "SF1303"},
		{"sync.Mutex.Lock", false, "SF1305"},
		{"net/url.QueryEscape", true, ""},
		{"net/url.Parse", false, "SF1310"},
		{"net/http.Get", false, "SF1303"},
		{"made/up.Name", false, "SF1301"},
		{"strings.NoSuchFunction", false, "SF1310"},
	} {
		r := Lookup(c.name)
		assert.Equal(t, c.name, r.Name)
		assert.Equal(t, c.allowed, r.Allowed, c.name)
		assert.Equal(t, c.code, r.Code, c.name)
	}
}

func TestLookupType(t *testing.T) {
	for name, want := range map[string]Save{
		"strings.Builder": SaveSaver, "math/big.Int": SaveText, "time.Time": SaveBuiltin, "time.Month": SaveValue,
		"hash.Hash": SaveIface, "sync.Mutex": SaveRefused, "os.File": SaveRefused, "container/list.List": SaveNone,
	} {
		got, row := LookupType(name)
		assert.Equal(t, want, got, name)
		assert.Equal(t, want != SaveRefused, row.Allowed, name)
	}
}

// TestExternNames: the name of a function in the table is made from its object.
func TestExternNames(t *testing.T) {
	imp := importer.ForCompiler(token.NewFileSet(), "source", nil)
	p, err := imp.Import("strings")
	require.NoError(t, err)
	assert.Equal(t, "strings.Fields", externName(p.Scope().Lookup("Fields").(*types.Func)))
	builder := p.Scope().Lookup("Builder").Type().(*types.Named)
	var names []string
	for m := range builder.Methods() {
		names = append(names, externName(m))
	}
	assert.Contains(t, names, "strings.Builder.WriteString", fmt.Sprint(names))
}
