// This file tests the oracle on modules of its own, which need not know sfc.

package plain

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// lonely is a module that imports nothing of ours and does not name sfc.
const lonely = `
-- go.mod --
module lonely

go 1.26
-- deep/internal/notes/notes.go --
package main // a program too

import (
	"errors"
	"fmt"
	"time"
)

func main() { fmt.Println("ignored") }

// Note counts.
//
//sfc:entity
type Note struct {
	name  string
	count map[string]int
	log   []string
}

func NewNote(name string) *Note { return &Note{name: name, count: map[string]int{}} }

func (n *Note) Key() string { return n.name }

func (n *Note) Write(word string, limit int) (int, error) {
	n.count[word]++
	n.log = append(n.log, word)
	if len(n.log) > limit {
		return 0, errors.New("full")
	}
	return len(n.log), nil
}

func (n *Note) Words() (s string) {
	for w, c := range n.count {
		s += fmt.Sprint(w, c, " ")
	}
	return s
}

func (n *Note) Fail(other *Note) int {
	other.Write("x", 100)
	var m map[string]int
	m[n.name] = 1
	return 0
}

func When() string { return time.Now().Format(time.RFC3339) }
-- deep/internal/notes/notes_test.go --
package main

import "testing"

func TestFull(t *testing.T) {
	n := NewNote("a")
	if _, err := n.Write("one", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Write("two", 1); err == nil {
		t.Fatal("not full")
	}
	if len(n.log) != 1 || n.count["two"] != 0 {
		t.Fatal("a failed request left traces", n.log, n.count)
	}
	t.Run("sub", func(t *testing.T) {
		NewNote("only here")
		if n.Words() != "one1 " {
			t.Fatal(n.Words())
		}
	})
	NewNote("only here")
}

func TestAFreshWorld(t *testing.T) {
	t.Parallel()
	a := NewNote("a") // exists in the other test only
	defer func() {
		if e, ok := recover().(error); !ok || e.Error() != "AlreadyExists: Note/a exists already" {
			t.Fatal(e)
		}
		if a.Key() != "a" {
			t.Fatal(a.Key())
		}
	}()
	NewNote("a")
}
`

func module(t *testing.T, archive string) string {
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, f.Data, 0o600))
	}
	return dir
}

// ask runs an oracle's executable on lines of input.
func ask(t *testing.T, path string, lines ...string) (answers []string) {
	c := exec.Command(path)
	c.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var errors bytes.Buffer
	c.Stderr = &errors
	out, err := c.Output()
	require.NoError(t, err, "%s", &errors)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestBuildOfAModuleThatDoesNotKnowSfc(t *testing.T) {
	dir := module(t, lonely)
	out := filepath.Join(t.TempDir(), "oracle")
	require.NoError(t, Build(context.Background(), Options{Dir: dir, Patterns: []string{"./..."}, Out: out}))
	const of = `"program":"lonely/deep/internal/notes","id":"1","time":"2026-01-02T03:04:05Z",`
	answers := ask(t, out,
		`{"op":"call",`+of+`"function":"NewNote","args":["a"]}`,
		`{"op":"call",`+of+`"function":"NewNote","args":["b"]}`,
		`{"op":"call",`+of+`"function":"Note.Write","key":"a","args":["z",2]}`,
		`{"op":"call",`+of+`"function":"Note.Write","key":"a","args":["b",2]}`,
		`{"op":"call",`+of+`"function":"Note.Write","key":"a","args":["c",2]}`,
		`{"op":"call",`+of+`"function":"Note.Words","key":"a"}`,
		`{"op":"call",`+of+`"function":"Note.Fail","key":"b","args":["a"]}`,
		`{"op":"call",`+of+`"function":"Note.Fail","key":"nobody","args":["a"]}`,
		`{"op":"call",`+of+`"function":"When"}`,
		`{"op":"states",`+of+`"on":true}`,
	)
	require.Equal(t, []string{
		`{"results":["a"]}`, `{"results":["b"]}`, `{"results":[1]}`, `{"results":[2]}`,
		`{"error":{"code":"Application","message":"full"}}`,
		`{"results":["b1 z1 "]}`,
		`{"error":{"code":"Panic","message":"assignment to entry in nil map","at":"` + dir + `/deep/internal/notes/notes.go:43"}}`,
	}, answers[:7])
	require.Contains(t, answers[7], `"code":"NotFound","message":"Note/nobody does not exist"`)
	require.Equal(t, `{"results":["2026-01-02T03:04:05Z"]}`, answers[8])
	require.JSONEq(t, `{"states":{"Note":{"a":{"name":"a","count":{"b":1,"z":1},"log":["z","b"]},"b":{"name":"b","count":{},"log":null}}}}`, answers[9])
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing is written to the module")
}

func TestOutputOfProgramsIsNoAnswer(t *testing.T) {
	dir := module(t, `-- go.mod --
module loud

go 1.26
-- loud.go --
package loud

import "fmt"

var _, _ = fmt.Println("initialised")

func Say(word string) int {
	n, _ := fmt.Println(word)
	return n
}
`)
	out := filepath.Join(t.TempDir(), "oracle")
	require.NoError(t, Build(context.Background(), Options{Dir: dir, Patterns: []string{"."}, Out: out}))
	c := exec.Command(out)
	c.Stdin = strings.NewReader(`{"op":"call","program":"loud","function":"Say","args":["hello"],"id":"1","time":"2026-01-02T03:04:05Z"}` + "\n")
	var answers, printed bytes.Buffer
	c.Stdout, c.Stderr = &answers, &printed
	require.NoError(t, c.Run())
	require.Equal(t, `{"results":[6]}`+"\n", answers.String())
	require.Equal(t, "initialised\nhello\n", printed.String())
}

func TestOverlayLetsTestsMeetAWorld(t *testing.T) {
	dir := module(t, lonely)
	goTest := func(args ...string) (string, error) {
		c := exec.Command("go", append([]string{"test", "-vet=off", "-count=1"}, args...)...)
		c.Dir = filepath.Join(dir, "deep/internal/notes")
		text, err := c.CombinedOutput()
		return string(text), err
	}
	text, err := goTest(".")
	require.Error(t, err, "plain Go knows no rollback: %s", text)
	file, remove, err := Overlay(filepath.Join(dir, "deep/internal/notes"), []string{"."})
	require.NoError(t, err)
	text, err = goTest("-overlay", file, ".")
	require.NoError(t, err, text)
	require.NoError(t, remove())
	require.NoFileExists(t, file)
}

func TestExamplesPassTheirTestsInAWorld(t *testing.T) {
	file, remove, err := Overlay("../..", []string{"./examples/..."})
	require.NoError(t, err)
	defer func() { require.NoError(t, remove()) }()
	c := exec.Command("go", "test", "-vet=off", "-overlay", file, "./examples/...")
	c.Dir = "../.."
	text, err := c.CombinedOutput()
	require.NoError(t, err, "%s", text)
	require.Equal(t, 3, strings.Count(string(text), "ok  \t"), "%s", text)
}

func TestErrorsOfPackagesAreGosOwn(t *testing.T) {
	dir := module(t, "-- go.mod --\nmodule broken\n\ngo 1.26\n-- a.go --\npackage broken\n\nvar x int = \"text\"\n")
	err := Build(context.Background(), Options{Dir: dir, Patterns: []string{"."}, Out: filepath.Join(t.TempDir(), "out")})
	require.ErrorContains(t, err, `a.go:3:13: cannot use "text"`)
	_, _, err = Overlay(dir, []string{"./nowhere"})
	require.Error(t, err)
}

// TestLinesAreKept rewrites files with everything that is rewritten in awkward places.
func TestLinesAreKept(t *testing.T) {
	const text = `package lines

import (
	"maps"
	"math/rand/v2"
	"time"
)

//sfc:entity
type A struct{ name string; m map[string]int }

func NewA(
	name string,
) *A {
	return &A{
		name: name,
	}
}

func (a *A) Key() string { return a.name }

func (a *A) Own(other *A) (n int) {
	var k string
	for k, n = range a.
		m {
		n++
	}
	for range a.m {
		n++
	}
	for k := range a.m {
		k := k + "x"
		_ = k
	}
outer:
	for k,
		v := range map[string]int{
		"a": 1,
	} {
		for range 3 {
			continue outer
		}
		_, _ = k, v
	}
	f := a.Key
	_ = time.
		Now()
	for range maps.Keys(a.m) {
		n += rand.IntN(3)
	}
	_ = f() + k
	return other.
		Own(a) //sfc:copy
}
`
	dir := module(t, "-- go.mod --\nmodule lines\n\ngo 1.26\n-- lines.go --\n"+text)
	s, err := load(dir, false, []string{"."})
	require.NoError(t, err)
	wanted := map[string]bool{}
	out, err := s.rewrite(s.all[0], s.all[0].Syntax[0], "lines/w", wanted)
	require.NoError(t, err)
	before, after := strings.Split(text, "\n"), strings.Split(out, "\n")
	for _, unchanged := range []string{"\t\tname: name,", "\t\tk := k + \"x\"", "outer:", "\t\t\tcontinue outer", "\t\t_, _ = k, v", "\t_ = f() + k"} {
		require.Equal(t, slices.Index(before, unchanged), slices.Index(after, unchanged), unchanged)
		require.Contains(t, before, unchanged)
	}
	require.Contains(t, out, "SfcOwn_Own(other *A)")
	require.Contains(t, out, "a.SfcOwn_Key", "a method value of the own receiver")
	require.Contains(t, out, "SfcCopy_Own(a)")
	require.Equal(t, map[string]bool{"lines.A.Own": true}, wanted)
	require.NoError(t, Build(context.Background(), Options{Dir: dir, Patterns: []string{"."}, Out: filepath.Join(t.TempDir(), "out")}))
}

func TestDescribe(t *testing.T) {
	dir := module(t, lonely)
	out := filepath.Join(t.TempDir(), "oracle")
	require.NoError(t, Build(context.Background(), Options{Dir: dir, Patterns: []string{"./..."}, Out: out}))
	answers := ask(t, out, `{"op":"describe","program":"lonely/deep/internal/notes"}`)
	var d struct {
		Functions map[string][]struct {
			Name string
			Text bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(answers[0]), &d))
	require.Equal(t, "limit", d.Functions["Note.Write"][1].Name)
	require.False(t, d.Functions["Note.Write"][1].Text)
	require.True(t, d.Functions["Note.Fail"][0].Text)
	require.Len(t, d.Functions, 6)
}
