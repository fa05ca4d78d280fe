// This file holds the tests of the promise "plain Go": answers and states are those of the same requests to the program
// as ordinary Go. The scripts say what plain Go answers; go test holds them to it.

package conformance

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/calls"
	"github.com/stateful-entities/sfc/internal/scratch"
	"github.com/stateful-entities/sfc/ir"
)

//go:embed cases
var caseFiles embed.FS

// CasesModule is the path of the module that the language cases are laid out in.
const CasesModule = "cases"

// A Case is a program of its own that shows one thing of the language, and requests to it.
type Case struct {
	Name   string            // calls/and_or: also its folder in the module
	Says   string            // what it shows
	Files  map[string]string // by path below that folder
	Script []*calls.Request
}

// Cases gives the language cases, sorted by name.
func Cases() ([]*Case, error) {
	var all []*Case
	err := fs.WalkDir(caseFiles, "cases", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".txtar" {
			return err
		}
		text, err := fs.ReadFile(caseFiles, name)
		if err != nil {
			return err
		}
		c, err := readCase(strings.TrimSuffix(strings.TrimPrefix(name, "cases/"), ".txtar"), text)
		all = append(all, c)
		return err
	})
	return all, err
}

func readCase(name string, text []byte) (*Case, error) {
	archive := txtar.Parse(text)
	c := &Case{Name: name, Says: strings.Join(strings.Fields(string(archive.Comment)), " "), Files: map[string]string{}}
	for _, f := range archive.Files {
		if f.Name != "calls.txt" {
			c.Files[f.Name] = string(f.Data)
			continue
		}
		var err error
		if c.Script, err = calls.Parse(name+"/calls.txt", f.Data); err != nil {
			return nil, err
		}
	}
	if len(c.Script) == 0 {
		return nil, fmt.Errorf("case %s has no calls.txt", name)
	}
	return c, nil
}

// compileCases compiles all language cases, by name; refused says why others could not be.
func compileCases() (programs map[string]*ir.Program, refused map[string]error, err error) {
	all, err := Cases()
	if err != nil {
		return nil, nil, err
	}
	folder, err := scratch.New("", tempPrefix)
	if err != nil {
		return nil, nil, err
	}
	defer folder.Remove()
	dir := folder.Path
	if err := writeModule(dir, CasesModule); err != nil {
		return nil, nil, err
	}
	for _, c := range all {
		for name, text := range c.Files {
			if err := writeFile(dir, c.Name+"/"+name, []byte(text)); err != nil {
				return nil, nil, err
			}
		}
	}
	programs, refused = compileMany(dir, all)
	return programs, refused, nil
}

// compileMany compiles several cases at once, each on a processor.
func compileMany(dir string, all []*Case) (programs map[string]*ir.Program, refused map[string]error) {
	var (
		group sync.WaitGroup
		guard sync.Mutex
		slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	programs, refused = map[string]*ir.Program{}, map[string]error{}
	for _, c := range all {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p, err := compile(dir, "./"+c.Name)
			guard.Lock()
			defer guard.Unlock()
			if err != nil {
				refused[c.Name] = err
				return
			}
			programs[c.Name] = p
		})
	}
	group.Wait()
	return programs, refused
}

// Answers is what plain Go answers to a case's script.
type Answers struct {
	// Requests are the answers, one a request: JSON, or `error CODE "message"`; "" where the answer depends on when it is
	// asked. The messages of InvalidArgument and LimitExceeded are not compared: plain Go has others.
	Requests []string `json:"requests"`
	// States are the final states, by Type/key; those that depend on when the requests were made are not among them.
	States map[string]json.RawMessage `json:"states"`
}

// answersFile holds the answers of all cases, by name. It is written by go test ./conformance -update-expected.
const answersFile = "cases/answers.json"

func readAnswers() (map[string]Answers, error) {
	text, err := caseFiles.ReadFile(answersFile)
	if err != nil {
		return nil, err
	}
	var all map[string]Answers
	return all, json.Unmarshal(text, &all)
}

// scriptSays is what each script of the application shows.
var scriptSays = map[string]string{
	"bank":      "money moves as in plain Go, and errors keep their identity on the way",
	"cells":     "what is written before an error or a recovered panic is what plain Go leaves",
	"language":  "evaluation order, closures, defers, panics, maps, generics, interfaces and errors mean what they mean in Go",
	"lifecycle": "entities come and go within requests as the language says",
	"peers":     "entities that call back, or themselves, see what plain Go sees",
	"tree":      "recursion up and down a tree of entities gives plain Go's results",
	"values":    "values of all types arrive and return unchanged, as copies",
}

// plainGo gives a test for each script of the application.
func plainGo() []Test {
	var tests []Test
	for _, name := range slices.Sorted(maps.Keys(scriptSays)) {
		tests = append(tests, Test{
			Name: "plain_go/" + name, Promise: PlainGo, Set: Core, Says: scriptSays[name],
			Needs: backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle},
			Run:   func(t T, r *Bench) { playScript(t, r, name) },
		})
	}
	return tests
}

// AppScript gives a script of the application. In it @ stands for a prefix of keys and ids.
func AppScript(name, prefix string) ([]*calls.Request, error) {
	text, err := appFiles.ReadFile("app/" + name + ".txt")
	if err != nil {
		return nil, err
	}
	return calls.Parse(name+".txt", bytes.ReplaceAll(text, []byte("@"), []byte(prefix)))
}

func playScript(t T, r *Bench, name string) {
	script, err := AppScript(name, r.Name(name)+".")
	if err != nil {
		fatal(t, "%v", err)
	}
	s := r.Session(t)
	surface := surfaceOf(t, s)
	for _, request := range script {
		a := playOne(t, s, surface, request, request.ID)
		got := calls.Answer{ID: a.ID, Value: a.Value, Code: a.Code, Error: a.Detail}
		if f := calls.Check(request, got); f != nil {
			t.Errorf("%v", f)
		}
	}
}

// surfaceOf asks a service what it takes.
func surfaceOf(t T, s Session) calls.Surface {
	_, body, err := s.Raw(t.Context(), http.MethodGet, "/openapi.json", nil, nil)
	if err != nil {
		fatal(t, "/openapi.json: %v", err)
	}
	surface, err := calls.ReadSurface(body)
	if err != nil {
		fatal(t, "%v", err)
	}
	return surface
}

// playOne makes a script's request.
func playOne(t T, s Session, surface calls.Surface, r *calls.Request, id string) Answer {
	if r.Get {
		return mustAnswer(t, r.Text)(s.State(t.Context(), r.Type, r.Key))
	}
	var args []json.RawMessage
	if err := json.Unmarshal(surface.Arguments(r), &args); err != nil {
		fatal(t, "%s: %v", r.Text, err)
	}
	request := Request{ID: id, Type: r.Type, Key: r.Key, Name: r.Name}
	for _, a := range args {
		request.Args = append(request.Args, a)
	}
	return mustAnswer(t, r.Text)(s.Call(t.Context(), request))
}

// Quick leaves out the language cases, for [Options].Only: to build their programs takes minutes. A target whose bundles
// link with package runner plays them in the compiler's own tests already.
func Quick(test Test) bool { return !strings.HasPrefix(test.Name, "plain_go/cases/") }

// languageCases gives a test for each language case.
func languageCases() []Test {
	all, err := Cases()
	if err != nil {
		panic(err) // the cases are part of the program, and tested
	}
	var tests []Test
	for _, c := range all {
		tests = append(tests, Test{
			Name: "plain_go/cases/" + c.Name, Promise: PlainGo, Set: Extended, Says: c.Says,
			Able: []Ability{CanPrograms}, Needs: backends.Features{backends.Transactions, backends.Recursion, backends.Lifecycle},
			Run: func(t T, r *Bench) { playCase(t, r, c) },
		})
	}
	return tests
}

// playCase runs a case's program and compares answers and final states with plain Go's.
func playCase(t T, r *Bench, c *Case) {
	all, err := readAnswers()
	if err != nil {
		fatal(t, "%v", err)
	}
	want, ok := all[c.Name]
	if !ok || len(want.Requests) != len(c.Script) {
		fatal(t, "%s has no entry of this case: run go test ./conformance -run TestGenerated -update-expected", answersFile)
	}
	service, err := r.target.(Programs).StartProgram(t.Context(), c.Name)
	if err != nil {
		fatal(t, "%v", err)
	}
	defer stop(t, service)
	s := service.Session()
	surface := surfaceOf(t, s)
	ids := c.IDs()
	for i, request := range c.Script {
		got := normal(playOne(t, s, surface, request, ids[i]))
		if want.Requests[i] != "" && got != want.Requests[i] {
			t.Errorf("%s:%d: %s\n  plain Go: %s\n  got:      %s", request.File, request.Line, request.Text, want.Requests[i], got)
		}
	}
	checkStates(t, s, want.States)
}

// IDs gives each request of the script its id, on which its random numbers depend: one that comes again keeps its own.
func (c *Case) IDs() []string {
	ids, given := make([]string, len(c.Script)), map[string]string{}
	for i, r := range c.Script {
		ids[i] = fmt.Sprint(i, r.ID)
		if r.ID == "" {
			continue
		}
		if first, again := given[r.ID]; again {
			ids[i] = first
		}
		given[r.ID] = ids[i]
	}
	return ids
}

func checkStates(t T, s Session, states map[string]json.RawMessage) {
	for _, name := range slices.Sorted(maps.Keys(states)) {
		typ, key, _ := strings.Cut(name, "/")
		a := mustAnswer(t, "get "+name)(s.State(t.Context(), typ, key))
		if got, want := normal(a), canonical(states[name]); got != want {
			t.Errorf("final state of %s\n  plain Go: %s\n  got:      %s", name, want, got)
		}
	}
}

// normal writes an answer so that equal ones are equal texts.
func normal(a Answer) string {
	if a.Code == "" {
		return canonical(a.Value)
	}
	return NormalError(a.Code, a.Detail)
}

// NormalError writes an error so that equal ones are equal texts. Texts of refusals and stops are each side's own.
func NormalError(code, message string) string {
	if code == "InvalidArgument" || code == "LimitExceeded" || code == "NotFound" && !strings.Contains(message, " does not exist") {
		return "error " + code
	}
	return fmt.Sprintf("error %s %q", code, message)
}

// canonical sorts the members of objects; numbers keep their text.
func canonical(text json.RawMessage) string {
	var v any
	if err := readNumbers(text, &v); err != nil {
		return fmt.Sprintf("no JSON: %q", text)
	}
	sorted, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(sorted)
}
