// This file compiles a call of every function that the table allows.

package frontend

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestEveryAllowedFunctionCompiles: a program that calls each allowed function, with parameters of its own types, is
// accepted and verified.
func TestEveryAllowedFunctionCompiles(t *testing.T) {
	files := map[string]string{}
	count := 0
	for _, p := range libraryAPI(t) {
		w := &callWriter{lib: p, imports: map[string]string{p.Path(): p.Name()}}
		exported(p, func(name string, o types.Object) {
			f, ok := o.(*types.Func)
			if row := Lookup(name); ok && row.Allowed && !row.Iter && p.Path() != "context" {
				w.call(name, f, row)
			}
		})
		if w.n > 0 {
			files["lib/"+strings.ReplaceAll(p.Path(), "/", "_")+".go"] = w.file()
			count += w.n
		}
	}
	assert.Greater(t, count, 600)
	m := newTestModule(t, files)
	assert.Empty(t, m.compile(t, "lib"))
}

// callWriter writes the functions that call one package's.
type callWriter struct {
	lib     *types.Package
	imports map[string]string
	body    strings.Builder
	n       int
}

func (w *callWriter) file() string {
	var b strings.Builder
	b.WriteString("package lib\n\n")
	for _, path := range sortedNames(w.imports) {
		if strings.Contains(w.body.String(), w.imports[path]+".") {
			fmt.Fprintf(&b, "import %q\n", path)
		}
	}
	return b.String() + "\n" + w.body.String()
}

func (w *callWriter) typ(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		w.imports[p.Path()] = p.Name()
		return p.Name()
	})
}

// call writes `func F_Name(a0 T0, …) (R0, …) { return lib.Name(a0, …) }`; a generic function is called at int, []int or
// map[int]int.
func (w *callWriter) call(name string, f *types.Func, row Row) {
	sig := f.Signature()
	callee, ok := w.lib.Name()+"."+f.Name(), true
	if sig.TypeParams().Len() > 0 {
		if sig, callee, ok = w.instance(f); !ok {
			return
		}
	}
	var params, args []string
	if r := sig.Recv(); r != nil {
		t := r.Type()
		if n, isNamed := t.(*types.Named); isNamed && n.TypeParams().Len() > 0 {
			return
		}
		params = append(params, "r "+w.typ(t))
		callee = "r." + f.Name()
	}
	for i := range sig.Params().Len() {
		a, t := fmt.Sprintf("a%d", i), sig.Params().At(i).Type()
		if it := w.iterator(t); it != "" {
			args = append(args, it)
			continue
		}
		params = append(params, a+" "+w.typ(t))
		if sig.Variadic() && i == sig.Params().Len()-1 {
			a += "..."
		}
		args = append(args, a)
	}
	call := callee + "(" + strings.Join(args, ", ") + ")"
	var results []string
	for v := range sig.Results().Variables() {
		results = append(results, w.typ(v.Type()))
	}
	if row.Shows != "" { // what it shows must be known: values of a basic type
		params, call = []string{"x int"}, w.showing(f, row)
		if call == "" {
			return
		}
	}
	if len(results) > 0 {
		call = "return " + call
	}
	_, rest := splitExtern(name)
	fmt.Fprintf(&w.body, "func F_%s_%s(%s) (%s) { %s }\n", strings.ReplaceAll(strings.ReplaceAll(w.lib.Path(), "/", "_"), ".", "_"),
		strings.ReplaceAll(rest, ".", "_"), strings.Join(params, ", "), strings.Join(results, ", "), call)
	w.n++
}

// showing writes a call that shows an int.
func (w *callWriter) showing(f *types.Func, row Row) string {
	var args []string
	for i, n := 0, f.Signature().Params().Len(); i < n-1; i++ {
		t := f.Signature().Params().At(i).Type()
		switch {
		case row.Shows == "format" && i == n-2:
			args = append(args, `"%d"`)
		case w.typ(t) == "io.Writer":
			w.imports["strings"] = "strings"
			args = append(args, "new(strings.Builder)")
		case types.Identical(t.Underlying(), types.NewSlice(types.Typ[types.Byte])):
			args = append(args, `[]byte("7")`)
		default:
			args = append(args, `""`)
		}
	}
	if row.Shows == "json" {
		switch f.Name() {
		case "Marshal":
			args = []string{"x"}
		case "MarshalIndent":
			args = []string{"x", `""`, `" "`}
		case "Unmarshal":
			args = []string{`[]byte("7")`, "&x"}
		}
	} else {
		args = append(args, "x")
	}
	return w.lib.Name() + "." + f.Name() + "(" + strings.Join(args, ", ") + ")"
}

// iterator writes an iterator for a parameter that wants one, "" for any other.
func (w *callWriter) iterator(t types.Type) string {
	n, ok := t.(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != "iter" {
		return ""
	}
	if n.Obj().Name() == "Seq2" {
		w.imports["maps"] = "maps"
		return "maps.All(map[int]int{})"
	}
	w.imports["slices"] = "slices"
	return "slices.Values([]int{})"
}

func (w *callWriter) instance(f *types.Func) (*types.Signature, string, bool) {
	var targs []types.Type
	var names []string
	for p := range f.Signature().TypeParams().TypeParams() {
		t := types.Type(types.Typ[types.Int])
		switch c := p.Constraint().Underlying().String(); {
		case strings.Contains(c, "~[]"):
			t = types.NewSlice(t)
		case strings.Contains(c, "~map["):
			t = types.NewMap(t, t)
		case p.Constraint().String() == "error":
			return nil, "", false
		}
		targs = append(targs, t)
		names = append(names, w.typ(t))
	}
	inst, err := types.Instantiate(nil, f.Signature(), targs, true)
	if err != nil {
		return nil, "", false
	}
	return inst.(*types.Signature), w.lib.Name() + "." + f.Name() + "[" + strings.Join(slices.Clip(names), ", ") + "]", true
}
