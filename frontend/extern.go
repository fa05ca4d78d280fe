// This file reads the table of the standard library: what entity code may call, and what each function does and costs.

package frontend

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/types"
	"path"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// Row is what the table says about one function, method, variable or type of the standard library.
//
// Effects is a list of space-separated clauses over the arguments, counted from 0; a method's receiver is argument 0,
// a variadic parameter is one list. None means: it only reads, and its results share nothing with its arguments.
//
//	w0    writes the memory that argument 0 points to: elements, entries, the pointee; one level
//	W0    writes anything that argument 0 reaches
//	p0    permutes the elements of slice 0: a write that brings nothing new in
//	s0    may write behind the length of slice 0, as append does
//	k1>0  keeps argument 1, or what it reaches, inside argument 0
//	r0    a result may be argument 0, or share any memory that it reaches
//	e0    a result is new memory that holds the elements of argument 0
//
// Steps and Bytes are sums of products, `len(0)*log(0)/8+16`: len(i) is the length of argument i, sum(i) the total
// length of its elements, arg(i) its value (an integer, at least 0), log(i) the number of bits of len(i), size(i) its
// size in bytes with all it reaches, deep(i) the same of a value that the function walks recursively, which is refused if
// it is nested too deeply, pad(i) the widths and precisions that format i asks for, result the length of the
// first result (such a product is charged after the call, all others before). Each product may end in a division by
// an integer. Arithmetic saturates. One step stands for at most 50 ns.
type Row struct {
	Name    string
	Allowed bool
	Effects string
	Steps   string
	Bytes   string
	Calls   bool   // may call back: a func argument, or a method of a value it is given
	Debug   bool   // output to the target's log; may repeat
	Iter    bool   // the result is an iterator of the host: only as an argument of another library call
	Shows   string // looks inside values: print (its last, variadic argument), format (the same, after a format) or json
	Twin    string // what runs in its place

	Code    string // why it is refused: a diagnostic code
	Why     string // a clause that completes "X is not allowed: …"
	Instead string // the way out
}

// Save says how a value of a host type outlives an activation.
type Save string

// The ways. A local type can live in a variable that no call to another entity crosses, and nowhere else.
const (
	SaveNone    Save = "local"
	SaveValue   Save = "value"   // as its underlying type
	SaveText    Save = "text"    // MarshalText, UnmarshalText
	SaveBinary  Save = "binary"  // MarshalBinary, UnmarshalBinary
	SaveSaver   Save = "saver"   // by the runner; alive across a call, but not in state
	SaveIface   Save = "iface"   // an interface: as its dynamic value
	SaveBuiltin Save = "builtin" // a type of the IR
	SaveRefused Save = "refused"
)

// Lookup gives the row of a function, method or variable: "strings.Fields", "strings.Builder.WriteString", "io.EOF".
// What the table does not name is refused, with the reason of its package.
func Lookup(name string) Row { return table().lookup(name) }

// LookupType says how values of a type of the standard library ("strings.Builder") can be kept; the row says why not.
func LookupType(name string) (Save, Row) {
	t := table()
	if s, ok := t.types[name]; ok && s != SaveRefused {
		return s, Row{Name: name, Allowed: true}
	}
	return SaveRefused, t.lookup(name)
}

// externName is the name of a function of another module or the standard library in the table.
func externName(f *types.Func) string {
	f = f.Origin()
	pkg := ""
	if f.Pkg() != nil {
		pkg = f.Pkg().Path() + "."
	}
	recv := f.Signature().Recv()
	if recv == nil {
		return pkg + f.Name()
	}
	t := types.Unalias(recv.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		return pkg + n.Obj().Name() + "." + f.Name()
	}
	return pkg + f.Name()
}

//go:embed extern.yaml
var externText []byte

var table = sync.OnceValue(func() *externTable {
	t, err := readExterns(externText)
	if err != nil {
		panic(err) // the embedded table is part of the compiler
	}
	return t
})

// externTable is the table, spread out by name.
type externTable struct {
	rows     map[string]Row
	types    map[string]Save
	order    []string          // packages that are allowed at least in part, in the order of the file
	allVars  map[string]bool   // packages whose variables are all allowed
	globs    map[string]Row    // refused types with all their methods: "strings.Reader"
	refused  []externPackage   // whole packages, in order
	packages map[string]string // paths of the allowed packages
}

type externFile struct {
	Packages []externEntry   `yaml:"packages"`
	Refused  []externPackage `yaml:"refused"`
}

type externEntry struct {
	Path   string          `yaml:"path"`
	Allow  []externRow     `yaml:"allow"`
	Refuse []externRefusal `yaml:"refuse"`
	Types  map[string]Save `yaml:"types"`
	Vars   string          `yaml:"vars"`
}

type externRow struct {
	Names   string `yaml:"names"`
	Effects string `yaml:"effects"`
	Steps   string `yaml:"steps"`
	Bytes   string `yaml:"bytes"`
	Calls   bool   `yaml:"calls"`
	Debug   bool   `yaml:"debug"`
	Iter    bool   `yaml:"iter"`
	Shows   string `yaml:"shows"`
	Twin    string `yaml:"twin"`
}

type externRefusal struct {
	Names   string `yaml:"names"`
	Code    string `yaml:"code"`
	Why     string `yaml:"why"`
	Instead string `yaml:"instead"`
}

type externPackage struct {
	Paths   string `yaml:"paths"`
	Code    string `yaml:"code"`
	Why     string `yaml:"why"`
	Instead string `yaml:"instead"`
}

func readExterns(text []byte) (*externTable, error) {
	var f externFile
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("extern.yaml: %w", err)
	}
	t := &externTable{
		rows: map[string]Row{}, types: map[string]Save{}, allVars: map[string]bool{}, globs: map[string]Row{},
		packages: map[string]string{}, refused: f.Refused,
	}
	for _, e := range f.Packages {
		if err := t.addPackage(e); err != nil {
			return nil, fmt.Errorf("extern.yaml: package %s: %w", e.Path, err)
		}
	}
	return t, nil
}

func (t *externTable) addPackage(e externEntry) error {
	t.order = append(t.order, e.Path)
	t.packages[e.Path] = e.Path
	for _, r := range e.Allow {
		for _, n := range strings.Fields(r.Names) {
			row := Row{
				Allowed: true, Effects: r.Effects, Steps: r.Steps, Bytes: r.Bytes,
				Calls: r.Calls, Debug: r.Debug, Iter: r.Iter, Shows: r.Shows, Twin: r.Twin,
			}
			if err := t.add(e.Path, n, row); err != nil {
				return err
			}
		}
	}
	for _, r := range e.Refuse {
		for _, n := range strings.Fields(r.Names) {
			if err := t.add(e.Path, n, Row{Code: orCode(r.Code), Why: r.Why, Instead: r.Instead}); err != nil {
				return err
			}
		}
	}
	for n, s := range e.Types {
		t.types[e.Path+"."+n] = s
	}
	t.allVars[e.Path] = e.Vars == "*"
	for _, n := range strings.Fields(strings.TrimPrefix(e.Vars, "*")) {
		if err := t.add(e.Path, n, Row{Allowed: true}); err != nil {
			return err
		}
	}
	return nil
}

func orCode(code string) string {
	if code == "" {
		return "SF1302"
	}
	return code
}

func (t *externTable) add(pkg, name string, r Row) error {
	full := pkg + "." + name
	if typ, ok := strings.CutSuffix(full, ".*"); ok {
		r.Name = typ
		t.globs[typ] = r
		return nil
	}
	if _, ok := t.rows[full]; ok {
		return fmt.Errorf("two rows for %s", name)
	}
	r.Name = full
	t.rows[full] = r
	return nil
}

func (t *externTable) lookup(name string) Row {
	if r, ok := t.rows[name]; ok {
		return r
	}
	pkg, rest := splitExtern(name)
	typ, _, _ := strings.Cut(rest, ".")
	if r, ok := t.globs[pkg+"."+typ]; ok {
		r.Name = name
		return r
	}
	if r, ok := t.wholePackage(pkg); ok {
		r.Name = name
		return r
	}
	if t.packages[pkg] == "" {
		return Row{Name: name, Code: "SF1301", Why: "nothing is known about package " + pkg, Instead: "prepare the data outside and pass it as an argument"}
	}
	if t.allVars[pkg] && !strings.Contains(rest, ".") {
		return Row{Name: name, Allowed: true}
	}
	return Row{Name: name, Code: "SF1310", Why: "its row is not written yet", Instead: "write the few lines that you need of it as a function of your own"}
}

// wholePackage gives the reason why a package is refused as a whole.
func (t *externTable) wholePackage(pkg string) (Row, bool) {
	if t.packages[pkg] != "" {
		return Row{}, false
	}
	for _, p := range t.refused {
		for _, pattern := range strings.Fields(p.Paths) {
			if pattern == pkg || strings.HasSuffix(pattern, "/*") && strings.HasPrefix(pkg, strings.TrimSuffix(pattern, "*")) {
				return Row{Code: orCode(p.Code), Why: p.Why, Instead: p.Instead}, true
			}
		}
	}
	return Row{}, false
}

// splitExtern divides "math/rand/v2.Rand.IntN" into the package path and the name in it.
func splitExtern(name string) (pkg, rest string) {
	dir, base := path.Split(name)
	first, rest, _ := strings.Cut(base, ".")
	return dir + first, rest
}
