// This file proves that the cases find a wrong compiler: each fault is put into a program or its generated code, and
// must show as a difference from plain Go.

package conformance_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/ir"
)

// A fault is a mistake that a compiler could make. Exactly one of program and code is set; each says how often it
// changed something.
type fault struct {
	name    string
	cases   []string // those that find it
	program func(*testing.T, *ir.Program) int
	code    func(text string) (string, int) // of one generated file
	helper  string                          // a file that is added to the package, after its package clause
}

var faults = []fault{
	{name: "reads before calls", cases: []string{"order/fields"}, program: readEarly},
	{name: "missing copy of a result", cases: []string{"copies/results_are_copies"}, code: lines(`^\s*CopyResults: +true,$`)},
	{name: "missing copy of an argument", cases: []string{"copies/arguments_are_copies"}, code: lines(`^\s*CopyArgs: +true,$`)},
	{name: "missing rollback", cases: []string{"txn/root_error"}, code: lines(`^\s*HasError: +true,$`)},
	{name: "lost write", cases: []string{"calls/reentrance"}, code: lines(`^\s*Writes: +true,$`)},
	{name: "lost defer", cases: []string{"calls/defer_call"}, program: disarm},
	{name: "unsorted range", cases: []string{"calls/range_over_map"}, code: replaced(`runner\.SortedKeys\(`, `unsorted(`), helper: `
import (
	"cmp"

	"github.com/stateful-entities/sfc/runner"
)

func unsorted[K cmp.Ordered, V any](t *runner.Thread, m map[K]V) []K {
	keys := runner.SortedKeys(t, m)
	for i, j := 0, len(keys)-1; i < j; i, j = i+1, j-1 {
		keys[i], keys[j] = keys[j], keys[i]
	}
	return keys
}
`},
	{name: "short circuit lost", cases: []string{"calls/and_or"}, program: alwaysBoth},
	{name: "stale receiver after a suspension", cases: []string{"calls/increment_across"}, code: replaced(`t\.Self\(\)`, `stale(t)`), helper: `
import "github.com/stateful-entities/sfc/runner"

var receivers = map[string]any{}

func stale(t *runner.Thread) any {
	id := t.Request().ID + t.SelfKey()
	if receivers[id] == nil {
		receivers[id] = t.Self()
	}
	return receivers[id]
}
`},
	{name: "lost unwind", cases: []string{"panics/recover_across"}, program: forgetUnwinding},
	{name: "wrong loop variable", cases: []string{"calls/closure_sees_loop_variable"}, program: oneLoopVariable},
	{name: "dropped live variable", cases: []string{"calls/shadowed_variables"}, code: dropLive},
	{name: "arguments in the wrong order", cases: []string{"calls/multiple_results_passed_on"}, program: swapArguments},
	{name: "error loses its identity", cases: []string{"errors/sentinels_across"}, code: lines(`^\s*p\.Sentinels = append.*$`)},
}

// TestSeededFaultsAreFound builds all faulty programs into one executable.
func TestSeededFaultsAreFound(t *testing.T) {
	needed := map[string]bool{}
	for _, f := range faults {
		for _, name := range f.cases {
			needed[name] = true
		}
	}
	cases := allCases(t)
	cases = slices.DeleteFunc(cases, func(c *testCase) bool { return !needed[c.name] })
	require.Len(t, cases, len(needed))
	dir := layOut(t, cases)
	oracle := startOracle(t, dir, cases)

	var variants []variant
	for i, f := range faults {
		for _, name := range f.cases {
			p, err := compile(dir, name)
			require.NoError(t, err, name)
			variants = append(variants, f.seed(t, i, name, p))
		}
	}
	g := buildGenerated(t, variants)
	programs := startProcess(t, g.path)
	for i, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			found := 0
			for _, c := range cases {
				if !slices.Contains(f.cases, c.name) {
					continue
				}
				name := variantName(i, c.name)
				require.NotContains(t, g.failed, name)
				functions := describe(t, oracle, c)
				want := runPlain(t, oracle, c, functions, c.acceptsCopies())
				for _, under := range []string{"direct", "chaos", "messages"} {
					found += len(differences(c, want, runGenerated(t, programs, name, c, functions, under, 1), under))
				}
			}
			require.NotZero(t, found, "no case finds it")
			t.Logf("%d differences", found)
		})
	}
}

func variantName(i int, name string) string { return "fault" + strconv.Itoa(i) + "/" + name }

// seed makes the faulty variant of a program.
func (f *fault) seed(t *testing.T, i int, name string, p *ir.Program) variant {
	changed := 0
	if f.program != nil {
		changed = f.program(t, p)
	}
	v, err := generate(variantName(i, name), p)
	require.NoError(t, err, f.name)
	if f.code != nil {
		for file, text := range v.files {
			faulty, n := f.code(string(text))
			v.files[file] = []byte(faulty)
			changed += n
		}
	}
	if f.helper != "" {
		v.files["fault.go"] = []byte("package " + p.Name + "\n" + f.helper)
	}
	require.NotZero(t, changed, "%s: nothing to change in %s", f.name, name)
	return v
}

// replaced replaces what a pattern matches.
func replaced(pattern, by string) func(string) (string, int) {
	re := regexp.MustCompile("(?m)" + pattern)
	return func(text string) (string, int) {
		return re.ReplaceAllLiteralString(text, by), len(re.FindAllString(text, -1))
	}
}

// lines deletes the lines that a pattern matches.
func lines(pattern string) func(string) (string, int) { return replaced(pattern, "") }

var frameCase = regexp.MustCompile(`(?m)^(\tcase [1-9]\d*:\n)\t\t[^\n]*\bf\.\w+[^\n]*\n`)

// dropLive forgets the first variable of each saved frame.
func dropLive(text string) (string, int) {
	n := len(frameCase.FindAllString(text, -1))
	return frameCase.ReplaceAllString(text, "$1"), n
}

// readEarly reads a field of the own state before the invoke it stands behind.
func readEarly(t *testing.T, p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		scope := ir.NewScope(p, f)
		for _, b := range f.Blocks {
			call, ok := b.End.(*ir.Invoke)
			if !ok {
				continue
			}
			after := f.Blocks[slices.IndexFunc(f.Blocks, func(b *ir.Block) bool { return b.Name == call.Then })]
			r, ok := after.End.(*ir.Return)
			if !ok || len(after.Do) > 0 || len(r.Values) != 1 {
				continue
			}
			sum, ok := r.Values[0].(*ir.Binary)
			if !ok {
				continue
			}
			for _, side := range []*ir.Expr{&sum.X, &sum.Y} {
				field, ok := (*side).(*ir.Field)
				if !ok {
					continue
				}
				ty, err := scope.TypeOf(field)
				require.NoError(t, err)
				early := &ir.Local{Name: fmt.Sprintf("early%d", changed), Type: ty, Temp: true}
				f.Locals = append(f.Locals, early)
				b.Do = append(b.Do, &ir.Set{Place: &ir.Name{Name: early.Name}, To: field})
				*side = &ir.Name{Name: early.Name}
				changed++
			}
		}
	}
	return changed
}

// disarm never notes that a deferred call is due.
func disarm(_ *testing.T, p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		for _, b := range f.Blocks {
			for _, in := range b.Do {
				set, ok := in.(*ir.Set)
				if !ok {
					continue
				}
				if lit, ok := set.To.(*ir.Lit); ok && lit.Value == true {
					lit.Value = false
					changed++
				}
			}
		}
	}
	return changed
}

// alwaysBoth evaluates the right side of && and || in any case.
func alwaysBoth(_ *testing.T, p *ir.Program) (changed int) {
	for _, name := range []string{"And", "Or"} {
		for _, b := range p.Func(name).Blocks {
			branch, ok := b.End.(*ir.If)
			if !ok {
				continue
			}
			if name == "And" {
				branch.Else = branch.Then
			} else {
				branch.Then = branch.Else
			}
			changed++
		}
		dropUnreached(p.Func(name))
	}
	return changed
}

// dropUnreached takes away blocks that a fault has cut off, which no compiler would write.
func dropUnreached(f *ir.Func) {
	reached := map[string]bool{f.Blocks[0].Name: true}
	for range f.Blocks {
		for _, b := range f.Blocks {
			if reached[b.Name] {
				for _, to := range ir.Successors(b.End) {
					reached[to] = true
				}
			}
		}
	}
	f.Blocks = slices.DeleteFunc(f.Blocks, func(b *ir.Block) bool { return !reached[b.Name] })
}

// forgetUnwinding loses the way that panics take through a function.
func forgetUnwinding(_ *testing.T, p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		for _, b := range f.Blocks {
			if b.Unwind != nil {
				b.Unwind = nil
				changed++
			}
		}
	}
	return changed
}

// oneLoopVariable gives all rounds of a loop the same variable.
func oneLoopVariable(_ *testing.T, p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		for _, b := range f.Blocks {
			for i, in := range b.Do {
				fresh, ok := in.(*ir.NewCell)
				if !ok {
					continue
				}
				if old, ok := fresh.To.(*ir.Name); ok && old.Name == fresh.Local {
					b.Do[i] = &ir.Set{Place: &ir.Name{Name: fresh.Local}, To: old}
					changed++
				}
			}
		}
	}
	return changed
}

// swapArguments gives the first two arguments of an invoke in the wrong order.
func swapArguments(_ *testing.T, p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		for _, b := range f.Blocks {
			if call, ok := b.End.(*ir.Invoke); ok && len(call.Args) == 2 {
				slices.Reverse(call.Args)
				changed++
			}
		}
	}
	return changed
}
