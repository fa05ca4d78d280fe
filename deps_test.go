// This file enforces the direction of imports between the folders of the project.

package sfc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

const module = "github.com/stateful-entities/sfc"

// A rule says what a folder (and everything below it, unless a deeper rule exists) may import of ours.
type rule struct {
	folder string
	may    []string // folders, with everything below them
}

// The order does not matter: the deepest folder that contains a package gives its rule.
var rules = []rule{
	{"", nil}, // package sfc
	{"ir", nil},
	{"internal/diag", nil},
	{"frontend", []string{"ir", "internal/diag", "internal/near", "frontend"}},
	{"frontend/plain", []string{"", "internal/diag"}},
	{"runner", []string{"", "runner"}},
	{"runner/codegen", []string{"", "ir"}},
	{"backends", []string{"", "ir", "runner", "internal", "backends"}},
	{"backends/gateway", []string{"", "ir", "runner", "internal/near", "internal/backup", "backends/gateway"}},
	{"internal", []string{"", "ir", "internal"}},
	{"conformance", []string{"", "ir", "runner", "frontend", "backends", "internal", "conformance"}},
	{"examples", []string{"", "examples"}},
	{"cmd/sfc", []string{"", "ir", "runner", "frontend", "backends", "internal", "conformance"}},
}

// Libraries that only some folders may import.
var only = map[string][]string{
	"github.com/anishathalye/porcupine":       {"conformance"},
	"github.com/HdrHistogram/hdrhistogram-go": {"backends/native/bench"},
	"github.com/prometheus/client_golang":     {"backends"},
	"cel.dev/cel-go":                          {"backends/gateway/where"},
	"github.com/urfave/cli":                   {"cmd/sfc"},
	"gopkg.in/yaml.v3":                        {"ir", "frontend", "internal/module", "conformance"},
	"golang.org/x/tools":                      {"frontend"},
	"go/ast":                                  {"frontend"},
	"go/types":                                {"frontend"},
	"github.com/apache/beam":                  {"backends/beam"},
	"github.com/IBM/sarama":                   {"internal/kafka"},
	"github.com/twmb/franz-go":                {"internal/kafka"},
	"github.com/cockroachdb/pebble":           {"backends/native"},
}

func TestImportsPointOneWay(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports}, "./...")
	require.NoError(t, err)
	require.Greater(t, len(pkgs), 5)
	for _, p := range pkgs {
		folder := folderOf(p.PkgPath)
		r := ruleFor(t, folder)
		for path := range p.Imports {
			if path == module || strings.HasPrefix(path, module+"/") {
				to := folderOf(path)
				if !within(to, r.may) && !within(to, []string{r.folder}) {
					t.Errorf("%q imports %q; %q may import only %q", folder, to, r.folder, r.may)
				}
				if backendOf(folder) != "" && backendOf(to) != "" && backendOf(folder) != backendOf(to) {
					t.Errorf("backend %q imports backend %q", folder, to)
				}
				continue
			}
			for lib, folders := range only {
				if (path == lib || strings.HasPrefix(path, lib+"/")) && !within(folder, folders) {
					t.Errorf("%q imports %q; only %q may", folder, path, folders)
				}
			}
		}
	}
}

func folderOf(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

func ruleFor(t *testing.T, folder string) rule {
	best := -1
	for i, r := range rules {
		if (r.folder == "" && folder == "" || r.folder != "" && within(folder, []string{r.folder})) &&
			(best < 0 || len(r.folder) > len(rules[best].folder)) {
			best = i
		}
	}
	require.GreaterOrEqual(t, best, 0, "no import rule for folder %q: add one", folder)
	return rules[best]
}

// within says whether a folder is one of the given or lies below one; "" means the root package alone.
func within(folder string, in []string) bool {
	return slices.ContainsFunc(in, func(f string) bool {
		return folder == f || f != "" && strings.HasPrefix(folder, f+"/")
	})
}

// backendOf gives the folder of the backend that a package belongs to; the gateway is shared by all.
func backendOf(folder string) string {
	rest, ok := strings.CutPrefix(folder, "backends/")
	if !ok || strings.HasPrefix(rest, "gateway") {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}
