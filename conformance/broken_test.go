// This file proves that the suite's tests can fail: targets that break one promise in one way are caught by the tests
// that name the promise, while tests of other promises pass on them.

package conformance_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/conformance"
	"github.com/stateful-entities/sfc/conformance/broken"
	"github.com/stateful-entities/sfc/ir"
)

// A conviction says which tests must fail on a broken target, and which must pass.
type conviction struct {
	fault  string
	caught []string // all of these fail
	passed []string // tests of unrelated promises: all of these pass
}

// convictions has one for each fault. Tests that are in neither list may do either: a lost write shows in many places.
var convictions = []conviction{
	{"reads_before_calls", []string{"plain_go/language", "reentrancy/callback"}, []string{"strict/registers", "lifecycle/in_order", "exactly_once/failures"}},

	{"partial_rollback", []string{"atomicity/error", "atomicity/panic", "atomicity/many_halfway"}, []string{"atomicity/all_or_nothing", "reentrancy/callback", "exactly_once/duplicates_in_sequence", "queries/filters_and_pages"}},
	{"lost_write", []string{"strict/audits", "strict/list_append"}, []string{"exactly_once/constructors", "input/paths"}},

	{"lost_update", []string{"strict/list_append", "strict/audits", "strict/registers"}, []string{"atomicity/error", "exactly_once/failures", "reentrancy/callback", "lifecycle/in_order", "plain_go/tree"}},
	{"write_skew", []string{"strict/write_skew"}, []string{"strict/registers", "atomicity/error", "exactly_once/failures", "reentrancy/callback", "plain_go/tree"}},
	{"dirty_read", []string{"strict/list_append"}, []string{"atomicity/error", "atomicity/panic", "exactly_once/duplicates_in_sequence", "bounds/panic", "plain_go/tree"}},
	{"stale_read", []string{"strict/real_time", "strict/registers"}, []string{"atomicity/error", "exactly_once/duplicates_in_sequence", "queries/one_moment", "plain_go/language"}},
	{"answered_before_run", []string{"strict/registers"}, []string{"atomicity/error", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},

	{"runs_duplicates", []string{"exactly_once/duplicates_in_sequence", "exactly_once/duplicates_at_once", "exactly_once/constructors"}, []string{"strict/audits", "atomicity/error", "queries/one_moment", "plain_go/tree"}},
	{"runs_duplicates_at_once", []string{"exactly_once/duplicates_at_once"}, []string{"exactly_once/duplicates_in_sequence", "strict/audits", "plain_go/tree"}},
	{"forgets_ids_at_restart", []string{"exactly_once/after_restarts"}, []string{"exactly_once/duplicates_in_sequence", "exactly_once/duplicates_at_once", "plain_go/tree"}},
	{"runs_failures_again", []string{"exactly_once/failures"}, []string{"exactly_once/duplicates_in_sequence", "strict/audits", "atomicity/error", "plain_go/tree"}},
	{"ignores_arguments_of_duplicates", []string{"exactly_once/another_request"}, []string{"exactly_once/duplicates_in_sequence", "strict/audits", "input/argument_names"}},

	{"answers_before_durable", []string{"durability/kill"}, []string{"strict/audits", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},

	{"swallows_panics", []string{"bounds/panic"}, []string{"strict/audits", "lifecycle/in_order", "queries/one_moment"}},
	{"changes_codes", []string{"bounds/not_found"}, []string{"strict/audits", "bounds/panic", "exactly_once/duplicates_in_sequence"}},
	{"unbounded_states", []string{"bounds/state"}, []string{"bounds/steps", "strict/audits", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},

	{"ignores_deletion", []string{"lifecycle/in_order", "lifecycle/one_remover"}, []string{"strict/audits", "atomicity/error", "exactly_once/duplicates_in_sequence"}},
	{"overwrites", []string{"lifecycle/in_order", "lifecycle/one_creator"}, []string{"strict/audits", "atomicity/error", "exactly_once/duplicates_in_sequence"}},

	{"runs_after_deadline", []string{"deadlines/waiting"}, []string{"deadlines/passed", "strict/audits", "exactly_once/duplicates_in_sequence"}},
	{"drops_slashes", []string{"input/paths"}, []string{"input/wrong_types", "strict/audits", "lifecycle/in_order"}},
	{"torn_query", []string{"queries/one_moment"}, []string{"strict/audits", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},
}

// inCode are the faults that lie in the generated code. Those of package broken are in its runtime.
var inCode = map[string]func(*ir.Program) (changed int){"reads_before_calls": readBeforeCalls}

// effort is the part of the usual work that the tests do here, and tries how often a test may look for a fault that shows
// only when requests meet.
const (
	effort = 0.1
	tries  = 4
)

func TestBrokenTargetsAreCaught(t *testing.T) {
	good := conformance.NewProcess(brokenBackend{})
	defer func() { require.NoError(t, good.Close()) }()
	for _, c := range convictions {
		t.Run(c.fault, func(t *testing.T) {
			target := good.With(c.fault, "--fault", c.fault)
			if change := inCode[c.fault]; change != nil {
				target = conformance.NewProcess(brokenBackend{change})
				defer func() { require.NoError(t, target.Close()) }()
			}
			results := judge(t, target, 1, slices.Concat(c.caught, c.passed))
			for _, name := range c.caught {
				r, ran := results[name]
				require.True(t, ran, "there is no test %q", name)
				for seed := int64(2); r.Outcome == conformance.Passed && seed <= tries; seed++ {
					r = judge(t, target, seed, []string{name})[name]
				}
				require.Equal(t, conformance.Failed, r.Outcome, "%s: %s", name, r.Reason)
				t.Logf("%s (%v): %.300s", name, r.Took, r.Log)
			}
			for _, name := range c.passed {
				r, ran := results[name]
				require.True(t, ran, "there is no test %q", name)
				require.Equal(t, conformance.Passed, r.Outcome, "%s: %s\n%s", name, r.Reason, r.Log)
			}
		})
	}
	// The same executable without a fault passes all of these tests.
	t.Run("no_fault", func(t *testing.T) {
		var names []string
		for _, c := range convictions {
			names = slices.Concat(names, c.caught, c.passed)
		}
		for name, r := range judge(t, good, 1, names) {
			require.Equal(t, conformance.Passed, r.Outcome, "%s: %s\n%s", name, r.Reason, r.Log)
		}
	})
}

// TestEachPromiseIsBroken keeps the table whole: each fault is in it, and each promise is that of a test that has caught
// one.
func TestEachPromiseIsBroken(t *testing.T) {
	var faults, caught []string
	for _, c := range convictions {
		faults, caught = append(faults, c.fault), append(caught, c.caught...)
	}
	for _, f := range broken.Faults() {
		require.Contains(t, faults, f.Name)
	}
	promises := map[conformance.Promise]bool{}
	for _, test := range conformance.Tests() {
		promises[test.Promise] = promises[test.Promise] || slices.Contains(caught, test.Name)
	}
	for promise, broken := range promises {
		require.True(t, broken, "no broken target is caught by a test of %q", promise)
	}
}

// judge runs the named tests on a target.
func judge(t *testing.T, target conformance.Target, seed int64, names []string) map[string]conformance.Result {
	results := map[string]conformance.Result{}
	conformance.Run(quiet{t}, target, conformance.Options{
		Only:   func(test conformance.Test) bool { return slices.Contains(names, test.Name) },
		Seed:   seed,
		Effort: effort,
		Seen:   func(test conformance.Test, r conformance.Result) { results[test.Name] = r },
	})
	return results
}

// quiet is a T that takes failures of the suite's tests lightly: they are wanted.
type quiet struct{ *testing.T }

func (q quiet) Errorf(format string, args ...any) {}

// brokenBackend lowers to the runtime of the broken targets, and may change the program before.
type brokenBackend struct{ change func(*ir.Program) int }

func (brokenBackend) Name() string                { return "broken" }
func (brokenBackend) Doc() string                 { return "breaks one promise" }
func (brokenBackend) Features() backends.Features { return backends.AllFeatures() }
func (brokenBackend) Options() []string           { return nil }

func (b brokenBackend) Lower(p *ir.Program, o backends.Options) (*backends.Bundle, error) {
	if b.change != nil && b.change(p) == 0 {
		return nil, errors.New("there is nothing to change")
	}
	return backends.LowerGo(p, o, backends.Runtime{Target: "broken", Import: "github.com/stateful-entities/sfc/conformance/broken"})
}

// readBeforeCalls reads the own fields that stand behind an invoke before it.
func readBeforeCalls(p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		scope, before := ir.NewScope(p, f), predecessors(f)
		for _, b := range f.Blocks {
			call, ok := b.End.(*ir.Invoke)
			if !ok || f.Self == "" || before[call.Then] != 1 {
				continue
			}
			after := f.Blocks[slices.IndexFunc(f.Blocks, func(b *ir.Block) bool { return b.Name == call.Then })]
			next := any(after.End)
			if len(after.Do) > 0 {
				next = after.Do[0]
			}
			replaceExprs(reflect.ValueOf(next), func(e ir.Expr) ir.Expr {
				field, ok := e.(*ir.Field)
				if !ok {
					return nil
				}
				ty, err := scope.TypeOf(field)
				if own, ok := field.X.(*ir.Name); !ok || own.Name != f.Self || err != nil {
					return nil
				}
				early := &ir.Local{Name: fmt.Sprintf("early%d", changed), Type: ty, Temp: true}
				f.Locals = append(f.Locals, early)
				b.Do = append(b.Do, &ir.Set{Place: &ir.Name{Name: early.Name}, To: field})
				changed++
				return &ir.Name{Name: early.Name}
			})
		}
	}
	return changed
}

func predecessors(f *ir.Func) map[string]int {
	n := map[string]int{}
	for _, b := range f.Blocks {
		for _, to := range ir.Successors(b.End) {
			n[to]++
		}
	}
	return n
}

// replaceExprs replaces the expressions in a node for which f gives others, those within them aside. Places that are
// written stay.
func replaceExprs(v reflect.Value, f func(ir.Expr) ir.Expr) {
	switch v.Kind() {
	case reflect.Pointer:
		replaceExprs(v.Elem(), f)
	case reflect.Interface:
		if e, ok := v.Interface().(ir.Expr); ok && v.Type() == exprType {
			if other := f(e); other != nil {
				v.Set(reflect.ValueOf(other))
				return
			}
		}
		replaceExprs(v.Elem(), f)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Place" {
				replaceExprs(v.Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			replaceExprs(v.Index(i), f)
		}
	}
}

var exprType = reflect.TypeFor[ir.Expr]()
