// This file derives from a program what the runner looks up often.

package runner

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// frameUnit is the size of frame that counts as one unit of depth, in bytes.
const frameUnit = 512

// tables hold what is derived from a program, once.
type tables struct {
	pkg        string      // path of the generated package, as in the names of its functions
	files      []string    // the user's files
	funcs      []funcFacts // by Func.ID
	dyn        map[string]*DynType
	byType     sync.Map // reflect.Type → *DynType
	known      map[reflect.Type]knownType
	knownNames map[string]knownType
	named      map[string]error
	names      map[error]string // of sentinels
	types      map[string]reflect.Type
	threads    sync.Pool
	encoders   sync.Pool // of *Enc, for trees
}

// funcFacts is what the runner knows of a function beyond Func.
type funcFacts struct {
	units   int  // of depth
	args    bool // arguments are copied where they cross an invoke; those that hold text only are measured
	results bool // the same of results
}

// tables gives the derived tables, making them at the first call.
func (p *Program) tables() *tables {
	p.once.Do(func() { p.ready = newTables(p) })
	return p.ready
}

func newTables(p *Program) *tables {
	tb := &tables{dyn: map[string]*DynType{}, named: map[string]error{}, names: map[error]string{}}
	tb.known, tb.knownNames = knownTypes()
	tb.threads.New = func() any { return newThread(p) }
	tb.encoders.New = func() any { return newEnc(p) }
	files := map[string]bool{}
	for i, fn := range p.Funcs {
		if fn.ID != i {
			panic(fmt.Sprintf("program %s: function %s has ID %d at index %d", p.ID, fn.Name, fn.ID, i))
		}
		f := fn.New()
		if ty := reflect.TypeOf(f).Elem(); i == 0 {
			tb.pkg = escapePath(ty.PkgPath())
		}
		tb.funcs = append(tb.funcs, factsOf(fn, f))
		if fn.File != "" && !files[fn.File] {
			files[fn.File] = true
			tb.files = append(tb.files, fn.File)
		}
	}
	for i, ty := range p.Types {
		if ty.ID != i {
			panic(fmt.Sprintf("program %s: entity type %s has ID %d at index %d", p.ID, ty.Name, ty.ID, i))
		}
	}
	for _, d := range p.Dyn {
		tb.dyn[d.Name] = d
	}
	tb.types = namedTypes(p.Dyn)
	for name, err := range hostSentinels {
		tb.named[name], tb.names[err] = err, name
	}
	for _, s := range p.Sentinels {
		tb.named[s.Name] = s.Value
		if isComparable(s.Value) {
			tb.names[s.Value] = s.Name
		}
	}
	return tb
}

func factsOf(fn *Func, f Frame) funcFacts {
	size := int(reflect.TypeOf(f).Elem().Size())
	return funcFacts{
		units:   (size + frameUnit - 1) / frameUnit,
		args:    fn.CopyArgs || anyText(f.Args()),
		results: fn.CopyResults || anyText(f.Results()),
	}
}

// anyText says whether one of the variables that the pointers name holds text, whose size has no bound.
func anyText(pointers []any) bool {
	for _, p := range pointers {
		if holdsText(reflect.TypeOf(p).Elem()) {
			return true
		}
	}
	return false
}

func holdsText(ty reflect.Type) bool {
	switch ty.Kind() {
	case reflect.String:
		return !ty.Implements(reflect.TypeFor[Ref]())
	case reflect.Array:
		return holdsText(ty.Elem())
	case reflect.Struct:
		for i := range ty.NumField() {
			if holdsText(ty.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// escapePath writes a package path as the names of functions do: dots of the last element as %2e.
func escapePath(path string) string {
	slash := strings.LastIndexByte(path, '/') + 1
	return path[:slash] + strings.ReplaceAll(path[slash:], ".", "%2e")
}

// userFile shortens the name of a file to that which the program gives it, else as userBase does.
func (tb *tables) userFile(file string) string {
	best := ""
	for _, f := range tb.files {
		if len(f) > len(best) && strings.HasSuffix(file, f) && (len(f) == len(file) || file[len(file)-len(f)-1] == '/') {
			best = f
		}
	}
	if best == "" {
		return userBase(file)
	}
	return best
}

// isComparable says whether a value can be compared and hashed, at small cost: values with more than a few levels of
// interfaces in each other are taken for others.
func isComparable(v any) bool { return comparableWithin(reflect.ValueOf(v), 64) }

func comparableWithin(v reflect.Value, levels int) bool {
	switch v.Kind() {
	case reflect.Interface:
		return v.IsNil() || levels > 0 && comparableWithin(v.Elem(), levels-1)
	case reflect.Array:
		for i := range v.Len() {
			if !comparableWithin(v.Index(i), levels) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !comparableWithin(v.Field(i), levels) {
				return false
			}
		}
	}
	return v.Type().Comparable()
}
