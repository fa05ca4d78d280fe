// This file keeps docs/language.md in step with the compiler: its tables are those of the code, its program compiles.

package frontend

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/internal/diag"
)

const languagePage = "../docs/language.md"

var generatedPart = regexp.MustCompile(`(?s)(<!-- generated: (\w+) -->\n).*?(<!-- end -->)`)

// TestLanguagePage: the generated parts of the page say what the tables of the compiler say.
func TestLanguagePage(t *testing.T) {
	text, err := os.ReadFile(languagePage)
	require.NoError(t, err)
	parts := map[string]func(*testing.T) string{
		"codes": codesTable, "library": libraryTable, "types": typesTable, "refusals": refusalsTable, "packages": packagesTable,
	}
	seen := 0
	got := generatedPart.ReplaceAllStringFunc(string(text), func(old string) string {
		m := generatedPart.FindStringSubmatch(old)
		require.Contains(t, parts, m[2])
		seen++
		return m[1] + "\n" + parts[m[2]](t) + "\n" + m[3]
	})
	require.Equal(t, len(parts), seen)
	if *updateDiag {
		require.NoError(t, os.WriteFile(languagePage, []byte(got), 0o644))
		return
	}
	assert.Equal(t, got, string(text), "run `go test ./frontend -run TestLanguagePage -update-diag`")
}

// TestLanguagePageProgram: the program on the page is accepted.
func TestLanguagePageProgram(t *testing.T) {
	text, err := os.ReadFile(languagePage)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "```go\n")
	require.True(t, ok)
	program, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	m := newTestModule(t, map[string]string{"shop/shop.go": program})
	assert.Empty(t, m.compile(t, "shop"))
}

func codesTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| code | refused |\n|---|---|\n")
	for _, c := range diag.Codes() {
		if c.Code >= "SF10" && c.Code < "SF2" {
			fmt.Fprintf(&b, "| %s | %s |\n", c.Code, c.Title)
		}
	}
	return b.String()
}

// inOrder gives the names of a package in a map keyed by full names, sorted.
func inOrder[V any](m map[string]V, pkg string) []string {
	var list []string
	for name := range m {
		if p, rest := splitExtern(name); p == pkg {
			list = append(list, rest)
		}
	}
	slices.Sort(list)
	return list
}

func libraryTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| package | functions, methods and variables |\n|---|---|\n")
	for _, pkg := range table().order {
		var plain, back, iter, debug []string
		for _, n := range inOrder(table().rows, pkg) {
			switch r := table().rows[pkg+"."+n]; {
			case !r.Allowed, n != "" && n[0] >= 'a': // methods of unexported types: found by those who call them
			case r.Debug:
				debug = append(debug, n)
			case r.Iter:
				iter = append(iter, n)
			case r.Calls:
				back = append(back, n)
			default:
				plain = append(plain, n)
			}
		}
		if table().allVars[pkg] {
			plain = append(plain, "all variables")
		}
		var cells []string
		for _, group := range []struct {
			label string
			names []string
		}{{"", plain}, {"calls back: ", back}, {"iterator: ", iter}, {"debug output: ", debug}} {
			if len(group.names) > 0 {
				cells = append(cells, group.label+strings.Join(group.names, ", "))
			}
		}
		if len(cells) > 0 {
			fmt.Fprintf(&b, "| %s | %s |\n", pkg, strings.Join(cells, "; "))
		}
	}
	return b.String()
}

func typesTable(*testing.T) string {
	shown := map[Save]string{
		SaveNone: "local", SaveValue: "in state, as its underlying type", SaveText: "in state, by its text form",
		SaveBinary: "in state, by its binary form", SaveSaver: "alive across a call", SaveIface: "interface: as what it holds",
		SaveBuiltin: "in state, as a type of its own", SaveRefused: "",
	}
	var b strings.Builder
	b.WriteString("| type | may be |\n|---|---|\n")
	for _, pkg := range table().order {
		for _, n := range inOrder(table().types, pkg) {
			what := shown[table().types[pkg+"."+n]]
			if pkg == "context" {
				what = "the first parameter"
			}
			if what != "" {
				fmt.Fprintf(&b, "| %s.%s | %s |\n", pkg, n, what)
			}
		}
	}
	return b.String()
}

func refusalsTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| refused | code | because | instead |\n|---|---|---|---|\n")
	for _, pkg := range table().order {
		reasons := map[Row][]string{}
		var order []Row
		for _, set := range []map[string]Row{table().rows, table().globs} {
			for _, n := range inOrder(set, pkg) {
				r := set[pkg+"."+n]
				if r.Allowed {
					continue
				}
				key := Row{Code: r.Code, Why: r.Why, Instead: r.Instead}
				if reasons[key] == nil {
					order = append(order, key)
				}
				reasons[key] = append(reasons[key], n)
			}
		}
		for _, r := range order {
			fmt.Fprintf(&b, "| %s: %s | %s | %s | %s |\n", pkg, strings.Join(reasons[r], ", "), r.Code, r.Why, r.Instead)
		}
	}
	return b.String()
}

func packagesTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| packages | code | because | instead |\n|---|---|---|---|\n")
	for _, p := range table().refused {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(strings.Fields(p.Paths), ", "), orCode(p.Code), p.Why, p.Instead)
	}
	b.WriteString("| all others | SF1301 | nothing is known about them | prepare the data outside and pass it as an argument |\n")
	return b.String()
}
