// This file tests reading the arguments of requests.

package jsonvalue

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

// given is a frame of nothing but arguments.
type given struct {
	runner.Frame
	args []any
}

func (g *given) Args() []any { return g.args }

// taking gives a function with parameters of the types that new variables are made of.
func taking(variadic bool, names []string, variables func() []any) *runner.Func {
	return &runner.Func{Params: names, Variadic: variadic, New: func() runner.Frame { return &given{args: variables()} }}
}

func TestArguments(t *testing.T) {
	c := For(program())
	buy := taking(false, []string{"amount", "item"}, func() []any { return []any{new(int), new(ItemRef)} })
	for _, text := range []string{`[2,"pen"]`, `{"item":"pen","amount":2}`, ` {"amount":"2","item":"pen"} `} {
		f, err := c.Frame([]byte(text), buy)
		require.NoError(t, err)
		amount, item := 2, ItemRef("pen")
		require.Equal(t, []any{&amount, &item}, f.Args())
	}
	for text, want := range map[string]string{
		``: `want 2 arguments (amount, item), got 0`, `[2]`: `got 1`, `[2,"pen",3]`: `got 3`, `["x","pen"]`: `amount: want an integer`,
		`{"amount":2}`: `argument "item" is missing`, `{"amount":2,"itm":"pen"}`: `unknown argument "itm" (want amount, item)`,
		`{"amount":2,"Amount":2}`: `unknown argument "Amount"`, `{"amount":1,"amount":2}`: `given twice`, `7`: `want the arguments as a JSON array`,
		`[2,"pen"] x`: `invalid JSON`,
	} {
		_, err := c.Frame([]byte(text), buy)
		require.ErrorContains(t, err, want, text)
	}
	none := taking(false, nil, func() []any { return nil })
	_, err := c.Frame(nil, none)
	require.NoError(t, err)
	_, err = c.Frame([]byte(`{"x":1}`), none)
	require.ErrorContains(t, err, `unknown argument "x" (want none)`)
}

func TestVariadicArgumentsMayBeLeftOut(t *testing.T) {
	c := For(program())
	join := taking(true, []string{"sep", "parts"}, func() []any { return []any{new(string), new([]string)} })
	for text, want := range map[string][]string{
		`["-"]`: nil, `{"sep":"-"}`: nil, `["-",null]`: nil, `["-",[]]`: {}, `["-",["a","b"]]`: {"a", "b"}, `{"parts":["a"],"sep":"-"}`: {"a"},
	} {
		f, err := c.Frame([]byte(text), join)
		require.NoError(t, err, text)
		sep := "-"
		require.Equal(t, []any{&sep, &want}, f.Args(), text)
	}
	for text, want := range map[string]string{
		``: `want 2 arguments (sep, parts), of which the last, an array, may be left out, got 0`, `["-","a"]`: `parts: want an array, got "a"`,
		`["-","a","b"]`: `parts: want an array`, `["-",[],[]]`: `got 3`, `{"parts":["a"]}`: `argument "sep" is missing`,
	} {
		_, err := c.Frame([]byte(text), join)
		require.ErrorContains(t, err, want, text)
	}
	all := taking(true, []string{"parts"}, func() []any { return []any{new([]int)} })
	for _, text := range []string{``, `[]`, `{}`} {
		_, err := c.Frame([]byte(text), all)
		require.NoError(t, err)
	}
}
