// This file compiles and runs filters.

// Package where filters entities by expressions in CEL, the Common Expression Language (cel.dev), over their fields:
//
//	Balance > 10 && owner.startsWith("a")
//	lines.exists(l, l.item == "pen" && l.count >= 2)
//
// A field has the name and the value that the API shows in states: a reference is the key of its entity, a time a
// timestamp, a duration its nanoseconds, a list of bytes its base64. Nil lists and maps are empty; nil pointers and
// references are null; a field that JSON leaves out is zero. What stands behind an interface has no type before it is
// there. Fields whose names CEL cannot say are reached through state, as in state.`unit-price`, unless there is a field
// of the name state. A literal integer fits every type of number.
//
// An expression is checked once, against the types of the fields. It is an error, not a mismatch, if one of the entities
// makes it fail: an index out of range, a division by zero, a null where a number is wanted.
package where

import (
	"errors"
	"reflect"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Limits of filters.
const (
	MaxLength = 4096      // of the text, in bytes
	MaxCost   = 1_000_000 // of one entity, in CEL's units: about one for each operation and each ten bytes of text
	maxDepth  = 100       // of nesting in the text
	maxRegexp = 1000      // instructions of a compiled regular expression
)

// Filter is a compiled expression over the states of one entity type. It may be used by many goroutines at once.
type Filter struct {
	text    string
	types   *schema
	program cel.Program
}

// Compile compiles an expression. Its errors are InvalidArgument and name the expression.
func Compile(c *jsonvalue.Codec, ty *runner.EntityType, text string) (*Filter, *sfc.Error) {
	f := &Filter{text: text, types: newSchema(c.StateForm(reflect.TypeOf(ty.New()).Elem()), ty.Name)}
	if len(text) > MaxLength {
		return nil, gateway.Errorf("InvalidArgument", "where %.60q…: it has %d bytes, more than %d", text, len(text), MaxLength)
	}
	if err := f.compile(); err != nil {
		return nil, f.fail("%v", err)
	}
	return f, nil
}

func (f *Filter) fail(format string, args ...any) *sfc.Error {
	return gateway.Errorf("InvalidArgument", "where %q: "+format, append([]any{f.text}, args...)...)
}

func (f *Filter) compile() error {
	options := []cel.EnvOption{
		cel.CustomTypeProvider(f.types), cel.CustomTypeAdapter(f.types),
		cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true), cel.EnableIdentifierEscapeSyntax(),
		cel.ParserRecursionLimit(maxDepth), cel.RegexProgramSizeLimit(maxRegexp),
	}
	for name, t := range f.types.variables() {
		options = append(options, cel.Variable(name, t))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return err
	}
	ast, err := f.check(env)
	if err != nil {
		return err
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return errors.New("it gives " + article(typeName(t)) + ", not true or false")
	}
	f.program, err = env.Program(ast, cel.CostLimit(MaxCost), cel.CostTracking(nil))
	return err
}

// Match says whether an entity's state, as the API shows it, fulfils the expression, and at what cost, in CEL's units.
// An error is InvalidArgument: the expression makes no sense for this state; name is what it calls the entity.
func (f *Filter) Match(name string, state []byte) (ok bool, cost uint64, fail *sfc.Error) {
	root, err := f.types.root(state)
	if err != nil {
		return false, 0, f.fail("%s: %v", name, err)
	}
	out, details, err := f.program.Eval(root)
	if details != nil && details.ActualCost() != nil {
		cost = *details.ActualCost()
	}
	if err != nil {
		return false, cost, f.fail("%s: %s", name, evaluation(err))
	}
	b, isBool := out.(types.Bool)
	if !isBool {
		return false, cost, f.fail("%s: it gives %s, not true or false", name, article(out.Type().TypeName()))
	}
	return bool(b), cost, nil
}

// evaluation words an error of an evaluation.
func evaluation(err error) string {
	text := err.Error()
	if strings.Contains(text, "actual cost limit exceeded") {
		return "it does more work than one entity may take"
	}
	if name, ok := strings.CutPrefix(text, "no such overload: "); ok {
		return symbol(name) + " does not take what it is given here: is it null?"
	}
	return text
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) { // not "uint"
		return "an " + noun
	}
	return "a " + noun
}
