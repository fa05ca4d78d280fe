// This file tests the checks: golden cases (source → diagnostics), and every refused construct in three places.

package frontend

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/stateful-entities/sfc/internal/diag"
)

var updateDiag = flag.Bool("update-diag", false, "record what the golden cases of testdata/diag give now")

// testModule is a module in a temporary folder, a folder a case, loaded as one.
type testModule struct {
	dir  string
	pkgs map[string]*packages.Package
}

// newTestModule writes the cases (file name below the module → text) and loads every package with types.
func newTestModule(t *testing.T, files map[string]string) *testModule {
	t.Helper()
	m := &testModule{dir: t.TempDir(), pkgs: map[string]*packages.Package{}}
	own, err := os.ReadFile("../sfc.go")
	require.NoError(t, err)
	all := map[string]string{
		"go.mod":      "module example.com/app\n\ngo 1.26\n\nrequire (\n\t" + sfcPath + " v0.0.0\n\texample.org/decimal v0.0.0\n)\n\nreplace (\n\t" + sfcPath + " => ./.sfc\n\texample.org/decimal => ./.decimal\n)\n",
		".sfc/go.mod": "module " + sfcPath + "\n\ngo 1.26\n",
		".sfc/sfc.go": string(own),

		".decimal/go.mod":     "module example.org/decimal\n\ngo 1.26\n",
		".decimal/decimal.go": "package decimal\n\nfunc Half(n int) int { return n / 2 }\n",
	}
	for name, text := range files {
		all[name] = text
	}
	m.write(t, all)
	full, err := list(Options{Dir: m.dir}, packages.LoadSyntax|packages.NeedModule, "./...")
	require.NoError(t, err)
	require.Empty(t, problems(full))
	for _, p := range full {
		m.pkgs[p.PkgPath] = p
	}
	return m
}

func (m *testModule) write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(m.dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

// check runs the checks on the package in a folder of the module.
func (m *testModule) check(t *testing.T, folder string) diag.List {
	t.Helper()
	root := m.pkgs["example.com/app/"+folder]
	require.NotNil(t, root, folder)
	var full []*packages.Package
	paths := modulePackages(root)
	for _, p := range paths {
		full = append(full, m.pkgs[p])
	}
	l, err := arrange(full, paths)
	require.NoError(t, err)
	c := newCompiler(l)
	for _, p := range l.all {
		c.declare(p)
	}
	return check(l, c.entities, findSurface(l, c.entities)).diags
}

func (m *testModule) plain(t *testing.T, folder string, l diag.List) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, diag.Write(&b, l, diag.Options{Base: filepath.Join(m.dir, folder)}))
	return b.String()
}

// diagCases reads the golden cases.
func diagCases(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	names, err := filepath.Glob("testdata/diag/*.txtar")
	require.NoError(t, err)
	cases := map[string]*txtar.Archive{}
	for _, n := range names {
		a, err := txtar.ParseFile(n)
		require.NoError(t, err)
		cases[strings.TrimSuffix(filepath.Base(n), ".txtar")] = a
	}
	return cases
}

func sortedNames[V any](m map[string]V) []string {
	var list []string
	for n := range m {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

// TestDiagnostics: each case gives exactly the diagnostics in its file want, in their plain form.
func TestDiagnostics(t *testing.T) {
	cases := diagCases(t)
	files := map[string]string{}
	for name, a := range cases {
		if !strings.HasPrefix(name, "SF00") { // those may not load
			addFiles(files, name+"/", a)
		}
	}
	shared := newTestModule(t, files)
	for _, name := range sortedNames(cases) {
		t.Run(name, func(t *testing.T) {
			got := ""
			if strings.HasPrefix(name, "SF00") {
				got = compileAlone(t, cases[name])
			} else {
				got = shared.compile(t, name)
			}
			if *updateDiag {
				record(t, name, cases[name], got)
				return
			}
			assert.Equal(t, want(cases[name]), got, "run `go test ./frontend -run TestDiagnostics -update-diag` if the new text is better")
			assert.Empty(t, withoutHelp(got), "these name no way out")
			code, _, _ := strings.Cut(name, "_")
			if code != "ok" {
				assert.Contains(t, got, "("+code+")", "a case shows the code it is named for")
			}
		})
	}
}

// withoutHelp gives the findings of a plain report that have no way out. What Go's own compiler says needs none.
func withoutHelp(report string) (list []string) {
	for _, finding := range regexp.MustCompile(`(?m)^\S.*\n(?:\t.*\n)*`).FindAllString(report, -1) {
		if !strings.Contains(finding, "\thelp: ") && !strings.Contains(finding, "(SF0002)") && regexp.MustCompile(`\(SF\d{4}\)`).MatchString(finding) {
			list = append(list, finding)
		}
	}
	return list
}

// addFiles enters the sources of a case.
func addFiles(files map[string]string, folder string, a *txtar.Archive) {
	for _, f := range a.Files {
		if f.Name != "want" && f.Name != "pattern" {
			files[folder+f.Name] = string(f.Data)
		}
	}
}

// compile gives what the checks say of a package, or, if they accept it, the rest of the compiler.
func (m *testModule) compile(t *testing.T, folder string) string {
	t.Helper()
	return m.plain(t, folder, m.findings(t, folder))
}

// findings gives what the compiler says of a program. The checks alone are quicker, and most cases end there.
func (m *testModule) findings(t *testing.T, folder string) diag.List {
	t.Helper()
	if l := m.check(t, folder); l.Refused() {
		return l
	}
	r, err := Compile(Options{Dir: m.dir, Pattern: "./" + folder})
	if err != nil {
		return diag.Of(err)
	}
	return r.Warnings
}

// compileAlone compiles the pattern of a case in a module of its own, which need not load.
func compileAlone(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	files := map[string]string{"go.mod": "module example.com/app\n\ngo 1.26\n"}
	addFiles(files, "", a)
	m := &testModule{dir: t.TempDir()}
	m.write(t, files)
	pattern := "."
	for _, f := range a.Files {
		if f.Name == "pattern" {
			pattern = strings.TrimSpace(string(f.Data))
		}
	}
	_, err := Compile(Options{Dir: m.dir, Pattern: pattern})
	return strings.ReplaceAll(m.plain(t, "", diag.Of(err)), m.dir, "DIR")
}

func want(a *txtar.Archive) string {
	for _, f := range a.Files {
		if f.Name == "want" {
			return string(f.Data)
		}
	}
	return ""
}

func record(t *testing.T, name string, a *txtar.Archive, got string) {
	t.Helper()
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	a.Files = append(a.Files, txtar.File{Name: "want", Data: []byte(got)})
	require.NoError(t, os.WriteFile("testdata/diag/"+name+".txtar", txtar.Format(a), 0o644))
}

// raisedElsewhere are codes of the first groups that the command raises, which has their tests, and one that takes a large
// program (alias/bound_test.go).
var raisedElsewhere = map[string]bool{"SF0005": true, "SF1003": true, "SF1406": true}

// TestEveryCodeHasACase: each code that can refuse source text is shown by a golden case.
func TestEveryCodeHasACase(t *testing.T) {
	cases := sortedNames(diagCases(t))
	for _, c := range diag.Codes() {
		if c.Code >= "SF2" || raisedElsewhere[c.Code] {
			continue
		}
		assert.True(t, slices.ContainsFunc(cases, func(n string) bool { return strings.HasPrefix(n, c.Code) }), "%s has no case in testdata/diag", c.Code)
	}
}

// TestEveryCodeInTheSourceIsInTheTable: a misspelt code would have no title and no explanation.
func TestEveryCodeInTheSourceIsInTheTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	code := regexp.MustCompile(`"(SF\d{4})"|code: (SF\d{4})`)
	for _, f := range append(files, "extern.yaml") {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, found := range code.FindAllStringSubmatch(string(text), -1) {
			assert.NotEmpty(t, diag.Title(found[1]+found[2]), "%s raises %s, which is no code", f, found[0])
		}
	}
}

func TestPlatformsWith32BitIntegersAreRefused(t *testing.T) {
	t.Setenv("GOARCH", "386")
	got := compileAlone(t, txtar.Parse([]byte("-- app.go --\npackage app\n\nfunc Do() int { return 1 }\n")))
	assert.Contains(t, got, "(SF0005)")
}

func TestCgoIsRefused(t *testing.T) {
	m := newTestModule(t, map[string]string{"app/app.go": "package app\n\nfunc Do() int { return 1 }\n"})
	file := filepath.Join(m.dir, "app", "c.go")
	require.NoError(t, os.WriteFile(file, []byte("package app\n\nimport \"C\"\n"), 0o644))
	root := m.pkgs["example.com/app/app"]
	root.GoFiles = append(root.GoFiles, file) // as `go list` gives it where a C compiler is there
	assert.Equal(t, "c.go:3:8: package app uses cgo: there is no Go body to compile, and C can do anything (SF1206)\n\thelp: write it in Go, or use the standard library\n",
		m.plain(t, "app", m.check(t, "app")))
}

// refusedConstructs are statements that no request may reach, with their codes. %s is put into a body.
var refusedConstructs = []struct{ name, code, imports, stmt string }{
	{"go", "SF1201", "", "go func() {}()"},
	{"makechan", "SF1202", "", "_ = make(chan int)"},
	{"send", "SF1202", "", "var c chan<- int; c <- 1"},
	{"receive", "SF1202", "", "var c <-chan int; <-c"},
	{"rangechan", "SF1202", "", "var c chan int; for range c {}"},
	{"close", "SF1202", "", "var c chan int; close(c)"},
	{"select", "SF1203", "", "select {}"},
	{"mutex", "SF1305", "sync", "var m sync.Mutex; m.Lock()"},
	{"atomic", "SF1305", "sync/atomic", "var n int64; atomic.AddInt64(&n, 1)"},
	{"unsafe", "SF1206", "unsafe", "x := 1; _ = unsafe.Pointer(&x)"},
	{"sizeof", "SF1206", "unsafe", "x := 1; _ = unsafe.Sizeof(&x)"},
	{"uintptr", "SF1206", "", "var p uintptr; _ = p"},
	{"reflect", "SF1306", "reflect", "_ = reflect.TypeOf(1)"},
	{"runtime", "SF1306", "runtime", "runtime.GC()"},
	{"env", "SF1303", "os", `_ = os.Getenv("HOME")`},
	{"args", "SF1303", "os", `_ = os.Args`},
	{"exit", "SF1303", "os", `os.Exit(1)`},
	{"stdout", "SF1303", "fmt os", `fmt.Fprintln(os.Stdout, 1)`},
	{"http", "SF1303", "net/http", `_, _ = http.Get("x")`},
	{"exec", "SF1303", "os/exec", `_ = exec.Command("ls")`},
	{"scan", "SF1303", "fmt", `var n int; fmt.Scan(&n)`},
	{"readall", "SF1303", "io", `_, _ = io.ReadAll(nil)`},
	{"sleep", "SF1304", "time", "time.Sleep(1)"},
	{"after", "SF1304", "time", "_ = time.After(1)"},
	{"ticker", "SF1304", "time", "_ = time.NewTicker(1)"},
	{"local", "SF1302", "time", "_ = time.Local"},
	{"zone", "SF1302", "time", `_, _ = time.LoadLocation("CET")`},
	{"cryptorand", "SF1307", "crypto/rand", `b := make([]byte, 1); _, _ = rand.Read(b)`},
	{"maphash", "SF1307", "hash/maphash", `_ = maphash.MakeSeed()`},
	{"packagevar", "SF1204", "", "counter++"},
	{"packagemap", "SF1204", "", `table["x"] = 1`},
	{"packagealias", "SF1204", "", `m := table; m["x"] = 1`},
	{"pointerkeys", "SF1205", "", "for range map[*int]int{} {}"},
	{"address", "SF1308", "fmt", `x := 1; _ = fmt.Sprintf("%p", &x)`},
	{"pointer", "SF1308", "fmt", `_ = fmt.Sprint([]*int{nil})`},
	{"reference", "SF1309", "fmt", `var o *Other; _ = fmt.Sprint(o)`},
	{"typeofreference", "SF1309", "fmt", `var o *Other; _ = fmt.Sprintf("%T", o)`},
	{"jsonreference", "SF1309", "encoding/json", `_, _ = json.Marshal(struct{ O *Other }{})`},
	{"build", "SF1108", "", "_ = &Other{}"},
	{"new", "SF1108", "", "_ = new(Other)"},
	{"value", "SF1109", "", "var o Other; _ = o"},
	{"slicevalue", "SF1109", "", "_ = []Other{}"},
	{"copy", "SF1110", "", "var o *Other; _ = *o"},
	{"foreignread", "SF1112", "", "var o *Other; _ = o.N"},
	{"foreignwrite", "SF1112", "", "var o *Other; o.N = 1"},
	{"funccrosses", "SF1210", "", "var o *Other; o.Each(func(int) {})"},
	{"template", "SF1310", "text/template", `_ = template.New("x")`},
	{"reader", "SF1310", "strings", `_ = strings.NewReader("x")`},
	{"iterator", "SF1504", "maps", `for range maps.Keys(map[int]int{}) {}`},
	{"sortbycalls", "SF1506", "slices", `os := []*Other{}; slices.SortFunc(os, func(a, b *Other) int { return a.Get() - b.Get() })`},
	{"sfcvalue", "SF1120", sfcPath, `f := sfc.Exists; _ = f`},
}

const constructProgram = `package app

%s
//sfc:entity
type T struct{ id string }

func (t *T) Key() string { return t.id }

//sfc:entity
type Other struct {
	id string
	N  int
}

func (o *Other) Key() string { return o.id }
func (o *Other) Get() int { return o.N }
func (o *Other) Each(f func(int)) {}

var counter int
var table = map[string]int{}

%s
`

// TestEveryRefusedConstructIsFoundEverywhere: in a method, in a helper two calls deep, and in a function literal.
func TestEveryRefusedConstructIsFoundEverywhere(t *testing.T) {
	places := map[string]string{
		"method":  "func (t *T) M() {\n\t%s\n}",
		"helper":  "func (t *T) M() { one() }\nfunc one() { two() }\nfunc two() {\n\t%s\n}",
		"literal": "func (t *T) M() {\n\tf := func() {\n\t\t%s\n\t}\n\tf()\n}",
	}
	files := map[string]string{}
	for _, c := range refusedConstructs {
		for place, text := range places {
			imports := ""
			for _, i := range strings.Fields(c.imports) {
				imports += fmt.Sprintf("import %q\n", i)
			}
			files[c.name+place+"/app.go"] = fmt.Sprintf(constructProgram, imports, fmt.Sprintf(text, c.stmt))
		}
	}
	m := newTestModule(t, files)
	for _, c := range refusedConstructs {
		for _, place := range sortedNames(places) {
			t.Run(c.name+"/"+place, func(t *testing.T) {
				l := m.findings(t, c.name+place)
				found := slices.IndexFunc(l, func(d *diag.Diagnostic) bool { return d.Code == c.code })
				require.GreaterOrEqual(t, found, 0, "no %s in:\n%s", c.code, l.Error())
				d := l[found]
				assert.Positive(t, d.Pos.Line)
				assert.NotEmpty(t, d.Help)
				assert.True(t, strings.HasPrefix(d.Message, "T.M "), d.Message)
				if place == "helper" {
					assert.Contains(t, d.Message, "T.M calls one (app.go:", d.Message)
					assert.Contains(t, d.Message, " calls two (app.go:", d.Message)
					require.GreaterOrEqual(t, len(d.Related), 2)
				}
				for _, other := range l {
					assert.Equal(t, c.code, other.Code, "a second finding: %s", other.Error())
				}
			})
		}
	}
}
