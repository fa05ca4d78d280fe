// This file tests lists, the three written forms, and that every code is explained.

package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListSortsAndDropsRepetitions(t *testing.T) {
	var l List
	l.Add(New("SF1201", Position{File: "b.go", Line: 2, Col: 1}, "second"))
	l.Add(New("SF1201", Position{File: "a.go", Line: 9, Col: 1}, "first"))
	l.Add(New("SF1201", Position{File: "b.go", Line: 2, Col: 1}, "the same place again"))
	l.Add(New("SF1202", Position{File: "b.go", Line: 2, Col: 1}, "another code"))
	assert.Equal(t, "a.go:9:1: first (SF1201)\nb.go:2:1: second (SF1201)\nb.go:2:1: another code (SF1202)", l.Err().Error())
}

func TestWithoutAPositionNothingIsDropped(t *testing.T) {
	var l List
	l.Add(New("SF0001", Position{}, "one"), New("SF0001", Position{}, "two"))
	assert.Equal(t, "one (SF0001)\ntwo (SF0001)", l.Error())
}

func TestWarningsDoNotRefuse(t *testing.T) {
	var l List
	assert.NoError(t, l.Err())
	l.Add(New("SF1208", Position{File: "a.go", Line: 1, Col: 1}, "careful").AsWarning())
	assert.NoError(t, l.Err())
	assert.Equal(t, "a.go:1:1: warning: careful (SF1208)", l.Error())
	l.Add(New("SF1201", Position{File: "a.go", Line: 2, Col: 1}, "no"))
	assert.Error(t, l.Err())
}

func TestOf(t *testing.T) {
	one := New("SF1201", Position{}, "x")
	assert.Nil(t, Of(nil))
	assert.Equal(t, List{one}, Of(fmt.Errorf("compile: %w", one)))
	assert.Equal(t, List{one, one}, Of(fmt.Errorf("compile: %w", List{one, one})))
	assert.Equal(t, "SF9001", Of(errors.New("boom"))[0].Code)
}

const bank = "package bank\n\nfunc (a *Account) Wait() {\n\thelper(a)\n}\n\nfunc helper(a *Account) {\n\ttime.Sleep(1)\n}\n"

func sleeping() List {
	return List{New("SF1304", Position{File: "/src/bank.go", Line: 8, Col: 2, EndCol: 15}, "Account.Wait calls helper (bank.go:4) calls time.Sleep").
		WithRelated(Position{File: "/src/bank.go", Line: 4, Col: 2, EndCol: 11}, "Account.Wait calls helper").
		WithHelp("store the time when it is due")}
}

func write(t *testing.T, l List, o Options) string {
	t.Helper()
	o.Read = func(file string) ([]byte, error) {
		if file != "/src/bank.go" {
			return nil, os.ErrNotExist
		}
		return []byte(bank), nil
	}
	var b bytes.Buffer
	require.NoError(t, Write(&b, l, o))
	return b.String()
}

func TestPlain(t *testing.T) {
	assert.Equal(t, `bank.go:8:2: Account.Wait calls helper (bank.go:4) calls time.Sleep (SF1304)
	bank.go:4:2: Account.Wait calls helper
	help: store the time when it is due
`, write(t, sleeping(), Options{Base: "/src"}))
}

func TestBoxed(t *testing.T) {
	assert.Equal(t, `error[SF1304]: Account.Wait calls helper (bank.go:4) calls time.Sleep
 --> bank.go:8:2
8 |     time.Sleep(1)
  |     ^^^^^^^^^^^^^
4 |     helper(a)
  |     --------- Account.Wait calls helper
help: store the time when it is due

1 error; `+"`sfc explain SF1304`"+` says more
`, write(t, sleeping(), Options{Format: Boxed, Base: "/src"}))
}

func TestRelatedPlacesMayBeUnknown(t *testing.T) {
	l := List{New("SF1402", Position{}, "text").WithRelated(Position{}, "kept somewhere")}
	assert.Equal(t, "text (SF1402)\n\tkept somewhere\n", write(t, l, Options{}))
	assert.Contains(t, write(t, l, Options{Format: Boxed}), " = kept somewhere\n")
}

func TestBoxedSurvivesWrongPositions(t *testing.T) {
	for _, p := range []Position{
		{}, {File: "gone.go", Line: 3, Col: 1}, {File: "/src/bank.go", Line: 999, Col: 1},
		{File: "/src/bank.go", Line: 1, Col: 999, EndCol: 3}, {File: "/src/bank.go", Line: 2, Col: 1}, {File: "/src/bank.go", Line: -1, Col: -1, EndCol: -1},
	} {
		out := write(t, List{New("SF1201", p, "text").WithRelated(p, "more")}, Options{Format: Boxed})
		assert.Contains(t, out, "error[SF1201]: text", "%+v", p)
	}
}

func TestColourIsAnOption(t *testing.T) {
	assert.NotContains(t, write(t, sleeping(), Options{Format: Boxed}), "\x1b[")
	assert.Contains(t, write(t, sleeping(), Options{Format: Boxed, Color: true}), "\x1b[1;31merror[SF1304]\x1b[0m")
}

func TestJSON(t *testing.T) {
	var got struct{ Diagnostics []Diagnostic }
	require.NoError(t, json.Unmarshal([]byte(write(t, sleeping(), Options{Format: JSON, Base: "/src"})), &got))
	want := sleeping()[0]
	want.Pos.File, want.Related[0].Pos.File = "bank.go", "bank.go"
	assert.Equal(t, []Diagnostic{*want}, got.Diagnostics)
	assert.Equal(t, "{\n  \"diagnostics\": []\n}\n", write(t, nil, Options{Format: JSON}))
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/out")
	require.NoError(t, err)
	defer f.Close()
	assert.Equal(t, Options{Format: Plain}, Terminal(f))
}

func TestEveryCodeIsExplained(t *testing.T) {
	last := ""
	for _, c := range Codes() {
		assert.Less(t, last, c.Code, "codes stand in ascending order, once each")
		last = c.Code
		text, ok := Explain(c.Code)
		require.True(t, ok, "%s has no text", c.Code)
		assert.True(t, strings.HasPrefix(text, "# "+c.Code+": "+c.Title+"\n"), "%s: the head is not code and title", c.Code)
		for _, part := range []string{"\n## What is wrong\n", "\n## Why\n", "\n## Instead\n", "\n```"} {
			assert.Contains(t, text, part, c.Code)
		}
	}
	files, err := texts.ReadDir("explain")
	require.NoError(t, err)
	for _, f := range files {
		assert.NotEmpty(t, Title(strings.TrimSuffix(f.Name(), ".md")), "%s explains no code", f.Name())
	}
	_, ok := Explain("SF0000")
	assert.False(t, ok)
}

// TestTheUsualHelpGivesWay: a finding has the way out of its code until it names a better one.
func TestTheUsualHelpGivesWay(t *testing.T) {
	assert.Equal(t, []string{"`sfc targets` lists the targets"}, New("SF3001", Position{}, "x").Help)
	assert.Equal(t, []string{"a", "b"}, New("SF3001", Position{}, "x").WithHelp("a").WithHelp("b").Help)
	assert.Empty(t, New("SF1203", Position{}, "x").Help)
	for _, c := range Codes() {
		if c.Code != "SF0002" && c.Code != "SF0004" && c.Code != "SF0005" && (c.Code < "SF1004" || c.Code >= "SF2") {
			assert.True(t, c.Help != "" || c.Code == "SF1001", "%s has no way out", c.Code) // those of source text name one each
		}
	}
}
