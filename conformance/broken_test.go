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
	// Of plain Go and re-entrancy.
	{"reads_before_calls", []string{"plain_go/language", "plain_go/peers", "reentrancy/callback", "reentrancy/self_reference"}, []string{"strict/registers", "lifecycle/in_order", "exactly_once/failures"}},
	{"doubts_identity", []string{"reentrancy/same_entity_twice"}, []string{"plain_go/bank", "reentrancy/bounce", "atomicity/error"}},
	{"shallow", []string{"reentrancy/deep_recursion", "reentrancy/mutual_recursion"}, []string{"reentrancy/tree", "bounds/depth", "plain_go/tree", "atomicity/limit"}},

	// Of atomicity.
	{"partial_rollback", []string{
		"atomicity/error", "atomicity/panic", "atomicity/limit", "atomicity/missing_entity",
		"atomicity/failed_creation", "atomicity/deletion", "atomicity/failing_constructor", "atomicity/many_halfway",
		"reentrancy/rollback",
	}, []string{
		"atomicity/all_or_nothing", "reentrancy/callback", "exactly_once/duplicates_in_sequence",
		"queries/filters_and_pages",
	}},
	{"torn_commit", []string{
		"atomicity/all_or_nothing", "atomicity/recovered_writes_stay", "plain_go/tree", "plain_go/values",
		"lifecycle/in_one_request", "lifecycle/moving", "reentrancy/bounce", "reentrancy/recovered_callback",
		"reentrancy/tree",
	}, []string{"bounds/panic", "exactly_once/reading", "input/argument_names", "strict/registers"}},
	{"lost_write", []string{"strict/audits", "strict/list_append"}, []string{"exactly_once/constructors", "input/paths"}},

	// Of strict serializability.
	{"lost_update", []string{
		"strict/list_append", "strict/audits", "strict/registers", "strict/register_transactions", "strict/phantoms",
		"queries/one_moment", "queries/list_append",
	}, []string{"atomicity/error", "exactly_once/failures", "reentrancy/callback", "lifecycle/in_order", "plain_go/tree"}},
	{"write_skew", []string{"strict/write_skew"}, []string{"strict/registers", "atomicity/error", "exactly_once/failures", "reentrancy/callback", "plain_go/tree"}},
	{"dirty_read", []string{"strict/list_append"}, []string{"atomicity/error", "atomicity/panic", "exactly_once/duplicates_in_sequence", "bounds/panic", "plain_go/tree"}},
	{"stale_read", []string{"strict/real_time", "strict/registers", "lifecycle/races"}, []string{"atomicity/error", "exactly_once/duplicates_in_sequence", "queries/one_moment", "plain_go/language"}},
	{"answered_before_run", []string{"strict/registers"}, []string{"atomicity/error", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},

	// Of exactly once.
	{"runs_duplicates", []string{
		"exactly_once/duplicates_in_sequence", "exactly_once/duplicates_at_once",
		"exactly_once/duplicates_among_others", "exactly_once/constructors",
	}, []string{"strict/audits", "atomicity/error", "queries/one_moment", "plain_go/tree"}},
	{"runs_duplicates_at_once", []string{"exactly_once/duplicates_at_once"}, []string{"exactly_once/duplicates_in_sequence", "strict/audits", "plain_go/tree"}},
	{"forgets_ids_at_restart", []string{"exactly_once/after_restarts"}, []string{"exactly_once/duplicates_in_sequence", "exactly_once/duplicates_at_once", "plain_go/tree"}},
	{"runs_failures_again", []string{"exactly_once/failures"}, []string{"exactly_once/duplicates_in_sequence", "strict/audits", "atomicity/error", "plain_go/tree"}},
	{"ignores_arguments_of_duplicates", []string{"exactly_once/another_request"}, []string{"exactly_once/duplicates_in_sequence", "strict/audits", "input/argument_names"}},
	{"keeps_refusals", []string{"exactly_once/refusals", "deadlines/not_recorded"}, []string{"exactly_once/duplicates_in_sequence", "exactly_once/reading", "deadlines/passed", "strict/registers"}},
	{"records_reads", []string{"exactly_once/reading"}, []string{"exactly_once/duplicates_in_sequence", "exactly_once/history", "strict/registers"}},
	{"forgets_history", []string{"exactly_once/history"}, []string{"exactly_once/duplicates_in_sequence", "exactly_once/failures", "queries/own_writes"}},

	{broken.Modest, []string{"exactly_once/duplicates_in_sequence", "exactly_once/history", "queries/one_moment"}, []string{"strict/registers", "input/ids", "plain_go/bank"}},

	// Of durability.
	{"answers_before_durable", []string{"durability/kill"}, []string{"strict/audits", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},

	// Of bounds and errors.
	{"swallows_panics", []string{"bounds/panic", "plain_go/cells"}, []string{"strict/audits", "lifecycle/in_order", "queries/one_moment"}},
	{"changes_codes", []string{"bounds/not_found", "plain_go/lifecycle"}, []string{"strict/audits", "bounds/panic", "exactly_once/duplicates_in_sequence"}},
	{"cuts_messages", []string{"bounds/application", "plain_go/bank"}, []string{"bounds/not_found", "strict/audits", "exactly_once/duplicates_in_sequence"}},
	{"hides_places", []string{"bounds/place"}, []string{"bounds/application", "bounds/panic", "exactly_once/failures"}},
	{"unbounded_states", []string{"bounds/state"}, []string{"bounds/steps", "strict/audits", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},
	{"succeeds_beyond_limits", []string{
		"bounds/steps", "bounds/depth", "bounds/bytes", "bounds/message", "bounds/response", "bounds/request",
		"bounds/invocations", "bounds/entities", "bounds/all_at_once", "input/huge_bodies",
	}, []string{"bounds/panic", "bounds/application", "exactly_once/failures", "input/wrong_types"}},
	{"runs_what_it_refuses", []string{"bounds/overloaded"}, []string{"strict/registers", "exactly_once/duplicates_at_once", "plain_go/tree"}},
	{"drops_when_full", []string{"bounds/overloaded"}, []string{"strict/registers", "exactly_once/duplicates_at_once", "plain_go/tree"}},
	{"runs_old_ids", []string{"bounds/expired"}, []string{"exactly_once/duplicates_in_sequence", "exactly_once/history", "bounds/overloaded"}},
	{"any_token", []string{"bounds/unauthenticated"}, []string{"input/paths", "bounds/not_found", "exactly_once/duplicates_in_sequence"}},
	{"empty_backup", []string{"bounds/unimplemented"}, []string{"queries/one_moment", "exactly_once/duplicates_in_sequence", "input/paths"}},

	// Of creation and deletion.
	{"ignores_deletion", []string{"lifecycle/in_order", "lifecycle/one_remover"}, []string{"strict/audits", "atomicity/error", "exactly_once/duplicates_in_sequence"}},
	{"overwrites", []string{"lifecycle/in_order", "lifecycle/one_creator", "lifecycle/get_or_create", "bounds/already_exists"}, []string{"strict/audits", "atomicity/error", "exactly_once/duplicates_in_sequence"}},
	{"succeeds_at_the_second", []string{"bounds/already_exists", "lifecycle/one_creator"}, []string{"strict/audits", "bounds/not_found", "exactly_once/duplicates_in_sequence"}},

	// Of deadlines.
	{"runs_after_deadline", []string{"deadlines/waiting"}, []string{"deadlines/passed", "strict/audits", "exactly_once/duplicates_in_sequence"}},
	{"no_deadlines", []string{"deadlines/passed"}, []string{"deadlines/ahead", "strict/audits", "exactly_once/duplicates_in_sequence"}},
	{"early_deadlines", []string{"deadlines/ahead"}, []string{"deadlines/passed", "deadlines/not_recorded", "strict/registers"}},

	// Of bad input.
	{"succeeds_at_the_invalid", []string{
		"input/malformed_json", "input/wrong_types", "input/ranges", "input/argument_names", "input/unknown_fields",
		"input/interfaces", "input/utf8", "input/ids", "bounds/keys", "deadlines/malformed",
	}, []string{"input/verbs", "bounds/steps", "bounds/panic", "strict/registers"}},
	{"bare_errors", []string{"input/deep_nesting", "input/mutations"}, []string{"input/huge_bodies", "bounds/panic", "strict/registers"}},
	{"ignores_encodings", []string{"input/encodings"}, []string{"input/malformed_json", "input/mutations", "plain_go/values"}},
	{"drops_slashes", []string{"input/paths"}, []string{"input/wrong_types", "strict/audits", "lifecycle/in_order"}},
	{"hides_allow", []string{"input/verbs"}, []string{"input/paths", "input/wrong_types", "bounds/not_found"}},
	{"any_origin", []string{"input/other_origins"}, []string{"input/paths", "input/wrong_types", "bounds/unauthenticated"}},

	// Of consistent queries.
	{"torn_query", []string{"queries/one_moment"}, []string{"strict/audits", "exactly_once/duplicates_in_sequence", "plain_go/tree"}},
	{"stale_query", []string{"queries/own_writes", "queries/positions"}, []string{"queries/same_as_states", "strict/audits", "exactly_once/duplicates_in_sequence"}},
	{"short_pages", []string{"queries/filters_and_pages"}, []string{"queries/same_as_states", "queries/one_moment", "strict/audits"}},
	{"counted_pages", []string{"queries/pages_under_writes"}, []string{"queries/filters_and_pages", "queries/own_writes", "strict/audits"}},
	{"finds_nothing_as_something", []string{"queries/same_as_states"}, []string{"queries/filters_and_pages", "queries/own_writes", "strict/audits"}},
}

// uncaught are the tests of the core set that none of the faults is caught by, with why not.
var uncaught = map[string]string{}

// inCode are the faults that lie in the generated code. Those of package broken are in its runtime.
var inCode = map[string]func(*ir.Program) (changed int){"reads_before_calls": readBeforeCalls, "doubts_identity": doubtIdentity}

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

// TestTargetsMayPromiseLess: a target that promises less fails no test for what it does not promise.
func TestTargetsMayPromiseLess(t *testing.T) {
	good := conformance.NewProcess(modestBackend{})
	defer func() { require.NoError(t, good.Close()) }()
	report := conformance.Run(t, good.With("modest", "--fault", broken.Modest), conformance.Options{
		Only:   func(x conformance.Test) bool { return !slices.Contains(x.Able, conformance.CanPrograms) },
		Effort: effort,
	})
	require.Greater(t, report.Core.Passed, 70)
	require.NotZero(t, report.Core.Skipped)
}

// modestBackend promises what programs need, and no more.
type modestBackend struct{ brokenBackend }

func (modestBackend) Features() backends.Features {
	return backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle}
}

// TestEachTestCatchesAFault keeps the table whole: each fault is in it, and each test of the core set, and of what can be
// refused, has caught one.
func TestEachTestCatchesAFault(t *testing.T) {
	var faults, caught []string
	for _, c := range convictions {
		faults, caught = append(faults, c.fault), append(caught, c.caught...)
	}
	for _, f := range broken.Faults() {
		require.Contains(t, faults, f.Name)
	}
	for name := range inCode {
		require.Contains(t, faults, name)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(faults))), len(faults), "a fault stands in the table twice")
	for _, test := range conformance.Tests() {
		if test.Set == conformance.Core || test.Promise == conformance.Bounds {
			require.True(t, slices.Contains(caught, test.Name) != (uncaught[test.Name] != ""),
				"%s: a broken target must be caught by it, or it must be said why none is", test.Name)
		}
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
func (brokenBackend) Options() []string           { return []string{"queue", "horizon"} }

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

// doubtIdentity has a reference equal none, not even itself.
func doubtIdentity(p *ir.Program) (changed int) {
	for _, f := range p.Funcs {
		scope := ir.NewScope(p, f)
		replaceExprs(reflect.ValueOf(f.Blocks), func(e ir.Expr) ir.Expr {
			eq, ok := e.(*ir.Binary)
			if !ok || eq.Op != "eq" {
				return nil
			}
			if ty, err := scope.TypeOf(eq.X); err != nil || ty.Kind != ir.RefKind {
				return nil
			}
			changed++
			return &ir.Binary{Op: "land", X: eq, Y: &ir.Unary{Op: "not", X: eq}}
		})
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
