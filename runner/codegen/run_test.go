// This file generates programs from IR text, builds them all into one module, and runs requests on them.

package codegen

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/ir"
)

// driver is the program that is built with all generated packages: it reads requests and prints outcomes.
const driver = `package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
%s)

var programs = map[string]func() *runner.Program{
%s}

func main() {
	var in struct {
		Program, Driver string
		Steps           int64
		Requests        []string
	}
	check(json.NewDecoder(os.Stdin).Decode(&in))
	p := programs[in.Program]()
	w := runner.NewMemory(p)
	c := jsonvalue.For(p)
	run := runner.Direct
	if in.Driver == "chaos" {
		run = runner.Chaos
	}
	state := w.State
	limits := runner.Limits{Steps: in.Steps}
	do := func(call runner.Call) runner.Outcome { return run(p, w, limits, call) }
	if in.Driver == "messages" {
		m := runner.NewMessages(p, 1)
		state = m.State
		do = func(call runner.Call) runner.Outcome { return m.Run(limits, call) }
	}
	var out []string
	for i, r := range in.Requests {
		target, rest, _ := strings.Cut(r, " ")
		if target == "state" {
			out = append(out, show(p, c, state, rest))
			continue
		}
		call := runner.Call{Request: runner.Request{ID: fmt.Sprint("r", i), Time: time.Unix(1_700_000_000, 0).UTC()}}
		name, args := target, rest
		if entity, key, ok := strings.Cut(target, "/"); ok {
			method, list, _ := strings.Cut(rest, " ")
			name, args, call.Key = entity+"."+method, list, key
		}
		for _, f := range p.Funcs {
			if f.Name == name {
				call.Func = f
			}
		}
		if call.Func == nil {
			panic("no function " + name)
		}
		var debug bytes.Buffer
		call.Debug = &debug
		var err error
		call.Frame, err = c.Frame([]byte(args), call.Func)
		check(err)
		o := do(call)
		out = append(out, outcome(c, call.Func, o)+debugText(debug.String()))
	}
	check(json.NewEncoder(os.Stdout).Encode(out))
}

func debugText(s string) string {
	if s == "" {
		return ""
	}
	return " debug " + fmt.Sprintf("%%q", s[strings.Index(s, ": ")+2:]) // without request and method
}

func outcome(c *jsonvalue.Codec, f *runner.Func, o runner.Outcome) string {
	if o.Err != nil {
		text := "error " + o.Err.Code + ": " + o.Err.Message
		if o.Err.At != "" {
			text += " @" + o.Err.At
		}
		return text
	}
	var list []string
	for i, r := range o.Frame.Results() {
		if f.HasError && i == f.Results-1 {
			continue
		}
		b, err := c.Result(r, 1<<20)
		check(err)
		list = append(list, string(b))
	}
	switch len(list) {
	case 0:
		return "null"
	case 1:
		return list[0]
	}
	return "[" + strings.Join(list, ",") + "]"
}

func show(p *runner.Program, c *jsonvalue.Codec, state func(*runner.EntityType, string) (any, bool), of string) string {
	entity, key, _ := strings.Cut(of, "/")
	for _, ty := range p.Types {
		if ty.Name == entity {
			v, ok := state(ty, key)
			if !ok {
				return "none"
			}
			b, err := c.State(v, 1<<20)
			check(err)
			return string(b)
		}
	}
	panic("no entity type " + entity)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
`

// script is a program with requests and the outcomes that a hand calculation gives.
type script struct {
	name, pkg string
	requests  []string
	want      []string
	files     map[string][]byte
}

// load reads a program from IR text and brings it into the form that Generate expects.
func load(t *testing.T, text []byte, name string) *ir.Program {
	t.Helper()
	p, err := ir.Decode(text, name)
	require.NoError(t, err)
	ir.Normalize(p)
	return p
}

// scripts reads testdata/run: each file holds program.yaml and calls.
func scripts(t *testing.T) []*script {
	t.Helper()
	files, err := filepath.Glob("testdata/run/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var list []*script
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		require.NoError(t, err)
		s := &script{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
		for _, f := range a.Files {
			switch f.Name {
			case "program.yaml":
				p := load(t, f.Data, file)
				s.pkg = p.Name
				s.files, err = Generate(p, Options{})
				require.NoError(t, err)
				again, err := Generate(load(t, f.Data, file), Options{})
				require.NoError(t, err)
				assert.Equal(t, s.files, again, "same input, same bytes")
			case "calls":
				for line := range strings.Lines(string(f.Data)) {
					request, want, ok := strings.Cut(strings.TrimSpace(line), " => ")
					if ok && !strings.HasPrefix(request, "#") {
						s.requests, s.want = append(s.requests, request), append(s.want, want)
					}
				}
			}
		}
		require.NotEmpty(t, s.requests, file)
		list = append(list, s)
	}
	return list
}

// build writes a module with all generated packages and the driver, vets it and builds it.
func build(t *testing.T, list []*script) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	write("go.mod", strings.Replace(string(mod), "module github.com/stateful-entities/sfc", "module generated", 1)+
		"\nrequire github.com/stateful-entities/sfc v0.0.0\nreplace github.com/stateful-entities/sfc => "+root+"\n")
	sum, err := os.ReadFile("../../go.sum")
	require.NoError(t, err)
	write("go.sum", string(sum))
	var imports, table strings.Builder
	for _, s := range list {
		fmt.Fprintf(&imports, "\t%s %q\n", s.name, "generated/"+s.name)
		fmt.Fprintf(&table, "\t%q: %s.Program,\n", s.name, s.name)
		for name, text := range s.files {
			write(filepath.Join(s.name, name), string(text))
		}
	}
	write("main.go", fmt.Sprintf(driver, imports.String(), table.String()))
	goTool(t, dir, "vet", "./...")
	goTool(t, dir, "build", "-o", "driver", ".")
	return filepath.Join(dir, "driver")
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s:\n%s", strings.Join(args, " "), out)
}

// drive runs a script's requests and gives their outcomes. A process that does not end in minutes has failed.
func drive(t *testing.T, exe string, s *script, driver string, steps int64) (outcomes []string) {
	t.Helper()
	in, err := json.Marshal(map[string]any{"Program": s.name, "Driver": driver, "Steps": steps, "Requests": s.requests})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%.2000s", stderr.String())
	require.NoError(t, json.Unmarshal(out, &outcomes))
	return outcomes
}

func TestGeneratedProgramsGiveTheRightAnswers(t *testing.T) {
	list := scripts(t)
	exe := build(t, list)
	for _, s := range list {
		for _, how := range []string{"direct", "chaos", "messages"} {
			t.Run(s.name+"/"+how, func(t *testing.T) {
				got := drive(t, exe, s, how, 5_000_000)
				for i, r := range s.requests {
					assert.Equal(t, s.want[i], got[i], "request %d: %s", i, r)
				}
			})
		}
	}
}
