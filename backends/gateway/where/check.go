// This file checks expressions and words what is wrong with them.

package where

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/stateful-entities/sfc/internal/near"
)

// check parses and type-checks the expression. CEL tells 10, 10u and 10.0 apart, which nobody wants to know who asks for
// a price: where an operator does not take a literal integer, the same number of another type is tried.
func (f *Filter) check(env *cel.Env) (*cel.Ast, error) {
	parsed, issues := env.Parse(f.text)
	if issues.Err() != nil {
		return nil, f.word(nil, issues)
	}
	tried := map[int64]int{}
	for {
		checked, issues := env.Check(parsed)
		if issues.Err() == nil {
			return checked, nil
		}
		if !retype(parsed.NativeRep(), issues, tried) {
			f.types.missed = nil
			_, issues = env.Check(parsed)
			return nil, f.word(parsed.NativeRep(), issues)
		}
	}
}

// retype gives the literals of the calls that are in error another type of number; false if all have been tried. In the
// end they have their own again.
func retype(a *ast.AST, issues *cel.Issues, tried map[int64]int) bool {
	changed := false
	for _, e := range issues.Errors() {
		x, ok := find(a, e.ExprID)
		if !ok || x.Kind() != ast.CallKind || tried[e.ExprID] > 2 {
			continue
		}
		tried[e.ExprID]++
		for _, literal := range literals(x.AsCall()) {
			changed = convert(literal, tried[e.ExprID]) || changed
		}
	}
	return changed
}

func find(a *ast.AST, id int64) (ast.Expr, bool) {
	found := ast.MatchDescendants(ast.NavigateAST(a), func(x ast.NavigableExpr) bool { return x.ID() == id })
	if len(found) == 0 {
		return nil, false
	}
	return found[0], true
}

// literals gives the operands of a call that are literal numbers, those in a literal list behind in too.
func literals(c ast.CallExpr) []ast.Expr {
	var found []ast.Expr
	for _, arg := range c.Args() {
		switch {
		case arg.Kind() == ast.LiteralKind:
			found = append(found, arg)
		case arg.Kind() == ast.ListKind && c.FunctionName() == operators.In:
			for _, e := range arg.AsList().Elements() {
				if e.Kind() == ast.LiteralKind {
					found = append(found, e)
				}
			}
		}
	}
	return found
}

// convert makes an integer an unsigned one, then a float, then what it was.
func convert(literal ast.Expr, step int) bool {
	var n int64
	switch v := literal.AsLiteral().(type) {
	case types.Int:
		n = int64(v)
	case types.Uint:
		n = int64(v)
	case types.Double:
		n = int64(v)
	default:
		return false
	}
	to := []any{1: types.Uint(n), 2: types.Double(n), 3: types.Int(n)}
	factory := ast.NewExprFactory()
	switch v := to[step].(type) {
	case types.Uint:
		literal.SetKindCase(factory.NewLiteral(literal.ID(), v))
	case types.Double:
		literal.SetKindCase(factory.NewLiteral(literal.ID(), v))
	case types.Int:
		literal.SetKindCase(factory.NewLiteral(literal.ID(), v))
	}
	return true
}

// word gives the first problem, in our words where CEL's say nothing to who knows only the program.
func (f *Filter) word(a *ast.AST, issues *cel.Issues) error {
	e := issues.Errors()[0]
	at := fmt.Sprintf("column %d: ", e.Location.Column()+1)
	if a != nil {
		x, ok := find(a, e.ExprID)
		switch {
		case ok && x.Kind() == ast.IdentKind:
			return fmt.Errorf("%sunknown field %q%s", at, x.AsIdent(), didYouMean(x.AsIdent(), f.types.names("")))
		case ok && x.Kind() == ast.SelectKind && len(f.types.missed) > 0:
			m := f.types.missed[0]
			return fmt.Errorf("%s%s has no field %q%s", at, m.typ, m.field, didYouMean(m.field, f.types.names(m.typ)))
		}
	}
	return fmt.Errorf("%s%s", at, plain(e.Message))
}

var matching = regexp.MustCompile(`found no matching overload for '([^']*)' applied to '\(?([^']*?)\)?'$`)

// plain words CEL's commonest complaint.
func plain(message string) string {
	m := matching.FindStringSubmatch(strings.SplitN(message, "\n", 2)[0])
	if m == nil {
		return strings.TrimPrefix(message, "Syntax error: ")
	}
	return fmt.Sprintf("%s does not take (%s)", symbol(m[1]), m[2])
}

// symbol is an operator as it is written, which CEL calls _==_.
func symbol(name string) string {
	if s, ok := operators.FindReverse(name); ok && s != "" {
		return s
	}
	return strings.Trim(name, "_")
}

func didYouMean(name string, names []string) string {
	if best := near.Name(name, names); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	if len(names) > 0 && len(names) <= 12 {
		return ": there are " + strings.Join(names, ", ")
	}
	return ""
}
