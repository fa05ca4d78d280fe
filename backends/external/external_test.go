// This file tests targets that are executables: one that is a backend in Go, and those that answer nonsense.

package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// quick is a backend that writes down what it was asked.
type quick struct{}

func (quick) Name() string                { return "quick" }
func (quick) Doc() string                 { return "writes down what it was asked" }
func (quick) Features() backends.Features { return backends.Features{backends.Transactions} }
func (quick) Options() []string           { return []string{"color"} }

func (quick) Lower(p *ir.Program, o backends.Options) (*backends.Bundle, error) {
	switch o.Target["color"] {
	case "none":
		return nil, fmt.Errorf("it is dark")
	case "grey":
		return nil, Problems{
			{Message: "has no colour", File: "shop.go", Line: 3, Col: 2, Help: []string{"take red", "take blue"}},
			{Message: "is too long", File: "shop.go", Line: 9},
		}
	}
	asked, err := json.Marshal(o)
	return &backends.Bundle{Files: map[string][]byte{
		"asked.json": asked, "hash/of.txt": []byte(ir.Hash(p)), "raw": {0xff, 0}, "go.mod": o.GoMod,
	}}, err
}

// TestMain makes the test's own executable the backend when it is called by the backend's name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == Prefix+"quick" {
		Main(quick{})
	}
	os.Exit(m.Run())
}

// executables makes a folder the only one on the path, with shell scripts by the names of targets.
func executables(t *testing.T, scripts map[string]string) string {
	dir := t.TempDir()
	for name, text := range scripts {
		require.NoError(t, os.WriteFile(filepath.Join(dir, Prefix+name), []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return dir
}

func program(t *testing.T) *ir.Program {
	text, err := os.ReadFile(filepath.Join("..", "..", "ir", "testdata", "shop.yaml"))
	require.NoError(t, err)
	p, err := ir.Decode(text, "shop.yaml")
	require.NoError(t, err)
	require.NoError(t, ir.Verify(p))
	ir.Complete(p)
	return p
}

func TestBackendInGo(t *testing.T) {
	dir := executables(t, nil)
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(dir, Prefix+"quick")))

	b, err := Find("quick")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, Prefix+"quick"), b.Path())
	require.Equal(t, []any{"quick", quick{}.Doc(), quick{}.Features(), quick{}.Options()}, []any{b.Name(), b.Doc(), b.Features(), b.Options()})
	require.Contains(t, Names(), "quick")

	p := program(t)
	o := backends.Options{
		Tool: "sfc v1", GoMod: []byte("module sfc.bundle\n"), GoSum: []byte("x v1 h1:1\n"), Module: "sfc.bundle",
		Limits: runner.Limits{Depth: 7}, Target: map[string]string{"color": "red"}, Library: "example.com/lib",
	}
	direct, err := quick{}.Lower(p, withDefaults(o))
	require.NoError(t, err)
	through, err := b.Lower(p, o)
	require.NoError(t, err)
	require.Equal(t, direct, through)

	o.Target["color"] = "grey"
	_, err = b.Lower(p, o)
	require.EqualError(t, err, "shop.go:3:2: target quick: has no colour (SF3006)\nshop.go:9: target quick: is too long (SF3006)")
	require.Equal(t, []string{"take red", "take blue"}, diag.Of(err)[0].Help)
	o.Target["color"] = "none"
	_, err = b.Lower(p, o)
	require.ErrorContains(t, err, "exit status 1\nit is dark")
}

// withDefaults gives options as they come out of the protocol: limits are always set.
func withDefaults(o backends.Options) backends.Options {
	o.Limits = o.Limits.OrDefault()
	return o
}

func TestServe(t *testing.T) {
	for _, tc := range []struct{ args, in, says string }{
		{"", "", "usage: sfc-backend-quick describe | lower"},
		{"describe twice", "", "usage: "},
		{"lower", "", "the request on standard input: EOF"},
		{"lower", `{"protocol":"sfc-backend/v2"}`, `sfc speaks "sfc-backend/v2", this backend speaks "sfc-backend/v1"`},
		{"lower", `{"protocol":"sfc-backend/v1","program":{}}`, "the program: "},
		{"lower", `{"protocol":"sfc-backend/v1"}`, "the program: "},
	} {
		var out, errs strings.Builder
		require.NotZero(t, Serve(quick{}, strings.Fields(tc.args), strings.NewReader(tc.in), &out, &errs), tc.args)
		require.Contains(t, errs.String(), tc.says)
		require.Empty(t, out.String())
	}
}

func TestUnknownTargets(t *testing.T) {
	dir := executables(t, map[string]string{"ok": "exit 0"})
	require.NoError(t, os.WriteFile(filepath.Join(dir, Prefix+"plain"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, Prefix+"folder"), 0o700))
	require.Contains(t, Names(), "ok")
	for _, name := range []string{"plain", "folder", "none", "", "../ok", "OK", strings.Repeat("x", 99)} {
		b, err := Find(name)
		require.NoError(t, err, name)
		require.Nil(t, b, name)
		require.NotContains(t, Names(), name)
	}
}

const described = `{"protocol": "sfc-backend/v1", "name": "odd", "doc": "x", "features": ["transactions"]}`

func TestDescriptionsThatAreRefused(t *testing.T) {
	for _, tc := range []struct{ script, says string }{
		{"echo hello", `does not answer in JSON of the protocol sfc-backend/v1: .*"hello`},
		{"exit 0", "does not answer in JSON"},
		{"echo no disk >&2; exit 3", "exit status 3\nno disk"},
		{"echo '" + strings.Replace(described, "v1", "v2", 1) + "'", `speaks "sfc-backend/v2", this sfc speaks "sfc-backend/v1"`},
		{"echo '" + strings.Replace(described, "odd", "other", 1) + "'", `calls itself "other"`},
		{"echo '" + strings.Replace(described, `"x"`, `""`, 1) + "'", "want one line"},
		{"echo '" + strings.Replace(described, "transactions", "wings", 1) + "'", `promises "wings", which is no feature`},
		{"echo '" + described + "'; kill -9 $$", "signal: killed"},
		{"yes", "answers with more than 1048576 bytes"},
	} {
		executables(t, map[string]string{"odd": tc.script})
		_, err := Find("odd")
		require.Error(t, err, tc.script)
		require.Regexp(t, `^target odd: `, err.Error())
		require.Regexp(t, "(?s)"+tc.says+`.*\(SF3005\)$`, err.Error(), tc.script)
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	answer := func(files string) string {
		return `{"protocol": "sfc-backend/v1", "files": ` + files + `}`
	}
	for _, tc := range []struct{ answer, says string }{
		{"nothing", "does not answer in JSON"},
		{`{"protocol": "sfc-backend/v1"}`, "gives neither files nor problems"},
		{`{"files": {"a": ""}}`, `speaks "", this sfc speaks`},
		{answer(`{"../a": ""}`), `gives a file "../a": want a path below the bundle's folder`},
		{answer(`{"/etc/a": ""}`), "want a path below"},
		{answer(`{"a/../../b": ""}`), "want a path below"},
		{answer(`{"./a": ""}`), "want a path below"},
		{answer(`{"a/": ""}`), "want a path below"},
		{answer(`{"": ""}`), "want a path below"},
		{answer(`{".": ""}`), "want a path below"},
		{answer(`{"..\\a": ""}`), "want a path below"},
		{answer(`{"a b": ""}`), "blanks or control characters"},
		{answer(`{"a\u0000": ""}`), "blanks or control characters"},
		{answer(`{".bundle": ""}`), "sfc keeps its own there"},
		{answer(`{"bin/x": ""}`), "sfc keeps its own there"},
		{answer(`{"a": "", "a/b/c": ""}`), `files "a" and "a/b/c": one cannot be a folder too`},
		{answer(`{"a": 7}`), "does not answer in JSON"},
		{answer(`{"a": "", "b": ""}, "binary": {"b": ""}`), `gives the file "b" twice`},
	} {
		dir := executables(t, map[string]string{"odd": `if [ $1 = describe ]; then echo '` + described + `'; else cat "$0.answer"; fi`})
		require.NoError(t, os.WriteFile(filepath.Join(dir, Prefix+"odd.answer"), []byte(tc.answer), 0o600))
		b, err := Find("odd")
		require.NoError(t, err)
		bundle, err := b.Lower(program(t), backends.Options{})
		require.Error(t, err, tc.answer)
		require.Nil(t, bundle)
		require.Contains(t, err.Error(), tc.says)
		require.Contains(t, err.Error(), "(SF3005)")
	}
}

func TestPatienceEnds(t *testing.T) {
	dir := executables(t, map[string]string{"slow": "echo thinking >&2\nsleep 1000"})
	var out any
	err := question{"describe", 200 * time.Millisecond, 1 << 20}.ask(filepath.Join(dir, Prefix+"slow"), nil, &out)
	require.ErrorContains(t, err, "gave no answer in 200ms\nthinking")
	err = question{"describe", time.Minute, 1 << 20}.ask(filepath.Join(dir, Prefix+"none"), nil, &out)
	require.True(t, errors.Is(err, os.ErrNotExist), "%v", err)
}
