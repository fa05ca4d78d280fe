// This file tests what the suite is made of: its list, its report, the comparison of descriptions, the model of things.

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/gateway"
)

func TestTestsHaveNamesAndSentences(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range Tests() {
		require.False(t, seen[x.Name], "two tests are named %q", x.Name)
		seen[x.Name] = true
		require.Regexp(t, `^[a-z_]+(/[a-z0-9_]+)+$`, x.Name)
		require.NotEmpty(t, x.Says, x.Name)
		require.Contains(t, []Set{Core, Extended}, x.Set, x.Name)
		require.NotNil(t, x.Run, x.Name)
	}
	require.Greater(t, len(seen), 200)
}

// unlucky is a target whose application does not start.
type unlucky struct{}

func (unlucky) Name() string                { return "unlucky" }
func (unlucky) Features() backends.Features { return backends.Features{backends.Queries} }
func (unlucky) Abilities() []Ability        { return nil }
func (unlucky) Start(context.Context, Settings) (Service, error) {
	return nil, errors.New("no <luck>")
}

func TestReportTellsFailuresAndSkips(t *testing.T) {
	rec := &recorder{ctx: t.Context()}
	wanted := map[string]Outcome{"deadlines/passed": Failed, "atomicity/error": Skipped, "input/ids": Failed, "plain_go/cases/calls/and_or": Skipped}
	r := Run(rec, unlucky{}, Options{Command: "again", Seed: 7, Only: func(x Test) bool { return wanted[x.Name] != "" }})
	require.True(t, rec.failed())
	require.False(t, r.Passed())
	text, err := r.YAML()
	require.NoError(t, err)
	var back Report
	require.NoError(t, yaml.Unmarshal(text, &back))
	require.Equal(t, ReportSchema, back.Schema)
	require.Equal(t, Summary{Failed: 2, Skipped: 1}, back.Core)
	require.Equal(t, Summary{Skipped: 1}, back.Extended)
	require.Equal(t, "again", back.Command)
	require.EqualValues(t, 7, back.Seed)
	require.Regexp(t, `^[0-9a-f]{64}$`, back.Versions.Program)
	require.Len(t, back.Results, len(wanted))
	reasons := 0
	for _, x := range back.Results {
		require.Equal(t, wanted[x.Name], x.Outcome, x.Name)
		if x.Outcome == Skipped {
			require.NotEmpty(t, x.Reason)
		}
		if strings.Contains(x.Log, "no <luck>") {
			reasons++
		}
	}
	require.Equal(t, 1, reasons, "why the application does not start is told once")

	page, err := r.HTML()
	require.NoError(t, err)
	require.Contains(t, string(page), "no &lt;luck&gt;")
	require.Contains(t, string(page), "the target does not promise")
	require.NotContains(t, string(page), "http://", "the page needs nothing else")
}

func TestAnotherAPIIsRefused(t *testing.T) {
	p, err := CompileApp()
	require.NoError(t, err)
	want, err := gateway.OpenAPI(p)
	require.NoError(t, err)
	require.NoError(t, sameAPI(want, want))

	change := func(edit func(paths, schemas map[string]any)) error {
		var doc map[string]any
		require.NoError(t, json.Unmarshal(want, &doc))
		edit(doc["paths"].(map[string]any), doc["components"].(map[string]any)["schemas"].(map[string]any))
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		return sameAPI(want, text)
	}
	require.NoError(t, change(func(paths, schemas map[string]any) {}))
	require.ErrorContains(t, change(func(paths, schemas map[string]any) { delete(paths, "/v1/Audit") }), `it has no "/v1/Audit"`)
	require.ErrorContains(t, change(func(paths, schemas map[string]any) { paths["/v1/More"] = 1 }), `it has "/v1/More"`)
	require.ErrorContains(t, change(func(paths, schemas map[string]any) {
		for _, s := range schemas {
			s.(map[string]any)["type"] = "array"
		}
	}), "components.schemas.")
	require.Error(t, sameAPI(want, []byte("<html>")))
}

// TestModelOfThings: histories that no order explains are told from those that one does.
func TestModelOfThings(t *testing.T) {
	op := func(client int, name string, mark int, code, value string, call, end int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: use{name, mark}, Output: seen{code: code, value: value, request: name}, Call: call, Return: end}
	}
	for name, c := range map[string]struct {
		bad bool
		ops []porcupine.Operation
	}{
		"in order":              {false, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 1), op(1, "Mark", 0, "", "1", 2, 3), op(0, "Take", 0, "", "1", 4, 5), op(1, "Has", 0, "", "false", 6, 7)}},
		"at once":               {false, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 9), op(1, "Mark", 0, "NotFound", "", 1, 2), op(1, "Mark", 0, "", "1", 3, 4)}},
		"unknown may have run":  {false, []porcupine.Operation{op(0, "NewThing", 1, "?", "", 0, never), op(1, "Mark", 0, "", "1", 10, 11)}},
		"unknown may not":       {false, []porcupine.Operation{op(0, "NewThing", 1, "?", "", 0, never), op(1, "Has", 0, "", "false", 10, 11)}},
		"two creators":          {true, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 9), op(1, "NewThing", 2, "", "", 0, 9)}},
		"two removers":          {true, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 1), op(0, "Take", 0, "", "1", 2, 9), op(1, "Take", 0, "", "1", 2, 9)}},
		"used after its end":    {true, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 1), op(0, "Take", 0, "", "1", 2, 3), op(1, "SetMark", 5, "", "1", 4, 5)}},
		"not seen in real time": {true, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 1), op(1, "Has", 0, "", "false", 2, 3)}},
		"lost mark":             {true, []porcupine.Operation{op(0, "NewThing", 1, "", "", 0, 1), op(0, "SetMark", 5, "", "1", 2, 3), op(1, "Replace", 6, "", "[1,6]", 4, 5)}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{ctx: t.Context()}
			judgeThing(rec, c.ops)
			require.Equal(t, c.bad, rec.failed(), rec.log())
			if c.bad {
				require.Contains(t, rec.log(), "no order of these requests explains")
			}
		})
	}
}

func TestAnswersAreComparedByValue(t *testing.T) {
	require.Equal(t, normal(Answer{Value: json.RawMessage(`{"b": 1, "a": [1.0]}`)}), canonical(json.RawMessage(`{"a":[1.0],"b":1}`)))
	require.NotEqual(t, canonical(json.RawMessage(`9223372036854775807`)), canonical(json.RawMessage(`9223372036854775806`)))
	require.NotEqual(t, canonical(json.RawMessage(`null`)), canonical(json.RawMessage(`[]`)))
	require.Equal(t, "error LimitExceeded", NormalError("LimitExceeded", "steps"))
	require.NotEqual(t, NormalError("Panic", "a"), NormalError("Panic", "b"))
	require.NotEqual(t, normal(Answer{Code: "Application", Detail: "x"}), normal(Answer{Value: json.RawMessage(`"x"`)}))
}

// TestProcessThatDoesNotServe: what a program said before it ended is told.
func TestProcessThatDoesNotServe(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := start(ctx, "/bin/sh", []string{"-c", "echo out of luck >&2; exit 3"}, t.TempDir(), "")
	require.ErrorContains(t, err, "out of luck")
	require.ErrorContains(t, err, "exit status 3")
}
