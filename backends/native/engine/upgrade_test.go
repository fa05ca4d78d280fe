// This file opens one data folder with several versions of a program, compiled from Go.

package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner/codegen"
)

// The parts of the program that do not change, and those that do.
const common = `package app

import "fmt"

func NewUser(name string) *User { return &User{name: name} }
func (u *User) Key() string     { return u.name }

//sfc:entity
type Lonely struct{ N int }

func NewLonely(n int) *Lonely { return &Lonely{n} }
func (l *Lonely) Key() int    { return l.N }

type Box struct{ In any }

func Show(b Box) string { return fmt.Sprint(b.In != nil) }
`

const token = `
//sfc:entity
type Token struct{ ID string }

func NewToken(id string) *Token { return &Token{id} }
func (t *Token) Key() string    { return t.ID }
`

const gone = `
//sfc:entity
type Gone struct{ ID string }

func NewGone(id string) *Gone { return &Gone{id} }
func (g *Gone) Key() string   { return g.ID }
`

const first = `
//sfc:entity
type User struct {
	name    string
	balance int8
	old     string
	nick    string
	Home    Address
	Tags    []string
}

type Address struct {
	Street string
	No     uint16
}

func (u *User) Deposit(amount int) { u.balance += int8(amount) }

func (u *User) Fill(nick string) {
	u.old, u.nick, u.Home, u.Tags = "x", nick, Address{"High Street", 7}, []string{"a"}
}
`

const second = `
//sfc:entity
type User struct {
	name    string
	balance int
	alias   string //sfc:was nick
	Home    Address
	Tags    []string
	Score   int
	More    []string
}

type Address struct {
	City   string
	Street string
	No     int64
}

func (u *User) Deposit(amount int, note string) {
	u.balance += amount
	u.More = append(u.More, note)
}
`

// versions are the programs, each a change of another.
func versions() map[string]string {
	then := common + second + token
	with := func(old, new string) string {
		if !strings.Contains(then, old) {
			panic(old)
		}
		return strings.ReplaceAll(then, old, new)
	}
	return map[string]string{
		"v1":         common + first + token + gone,
		"v2":         then, // widened, removed, renamed and new fields, in the state and inside it; an entity type less; another signature
		"narrow":     with("balance int", "balance int16"),
		"text":       with("balance int", "balance string") + "//",
		"forgotten":  with("//sfc:was nick", ""),
		"twice":      strings.ReplaceAll(with("alias   string //sfc:was nick", "handle string //sfc:was alias"), "alias", "handle"),
		"tokenless":  strings.Replace(then, token, "", 1),
		"key":        with(`func (t *Token) Key() string    { return t.ID }`, `func (t *Token) Key() string    { return "t" + t.ID }`),
		"again":      with("Score   int", "Score   int\n\told string"),
		"otherAgain": with("Score   int", "Score   int\n\told int"),
		"lonely":     strings.ReplaceAll(then, "N int", "N string"),
	}
}

// fixed mends the bodies that a change of types breaks.
func fixed(name, text string) string {
	switch name {
	case "narrow":
		return strings.ReplaceAll(text, "u.balance += amount", "u.balance += int16(amount)")
	case "text":
		return strings.ReplaceAll(text, "u.balance += amount", `u.balance += fmt.Sprint(amount)`)
	case "twice":
		return strings.ReplaceAll(text, "//sfc:was handle", "//sfc:was alias")
	case "lonely":
		return strings.NewReplacer("NewLonely(n int)", "NewLonely(n string)", "(l *Lonely) Key() int ", "(l *Lonely) Key() string ").Replace(text)
	}
	return text
}

// upgrades is an executable with all versions: `VERSION DIR LINE…` opens the folder and runs the lines, which are
// `ID FUNCTION KEY ARGUMENTS`, `get TYPE KEY` or `record ID`, and prints what each gives.
func upgrades(t *testing.T) string {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	dir := t.TempDir()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	_, requires, _ := strings.Cut(string(mod), "\n")
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	put := func(name, text string) {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	put("go.mod", "module upgrades\n"+requires+"\nrequire github.com/stateful-entities/sfc v0.0.0\n\nreplace github.com/stateful-entities/sfc => "+root+"\n")
	put("go.sum", string(sum))
	var imports, entries strings.Builder
	for name, text := range versions() {
		put("source/"+name+"/go.mod", "module example.com/app\n\ngo 1.26\n")
		put("source/"+name+"/app.go", fixed(name, text))
		r, err := frontend.Compile(frontend.Options{Dir: filepath.Join(dir, "source", name)})
		require.NoError(t, err, name)
		files, err := codegen.Generate(r.Program, codegen.Options{Tool: "sfc test"})
		require.NoError(t, err, name)
		for file, text := range files {
			put(name+"/"+file, string(text))
		}
		code, err := ir.Encode(r.Program, ir.JSON)
		require.NoError(t, err)
		put(name+".json", string(code))
		fmt.Fprintf(&imports, "\t%s %q\n", name, "upgrades/"+name)
		fmt.Fprintf(&entries, "\t%q: %s.Program,\n", name, name)
	}
	put("main.go", `package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"strings"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/native/engine"
	"github.com/stateful-entities/sfc/runner"
`+imports.String()+`)

//go:embed *.json
var texts embed.FS

var programs = map[string]func() *runner.Program{
`+entries.String()+`}

func main() {
	text, err := texts.ReadFile(os.Args[1] + ".json")
	if err != nil {
		panic(err)
	}
	e, err := engine.Open(os.Args[2], programs[os.Args[1]](), text, engine.Options{})
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	defer e.Close()
	for _, line := range os.Args[3:] {
		fmt.Println(run(e, line))
	}
}

func run(e *engine.Engine, line string) any {
	f := strings.SplitN(line, " ", 4)
	switch f[0] {
	case "get":
		cut, err := e.Query(context.Background(), gateway.Selection{Type: f[1], Key: f[2]})
		if err != nil {
			return err
		}
		return string(cut.Entities[0][0].State)
	case "record":
		r, err := e.Recorded(context.Background(), f[1])
		if err != nil {
			return err
		}
		return fmt.Sprintf("%d %s %s %s %s", r.Position, r.Method, r.Entity, r.Arguments, r.Result)
	}
	r, err := e.NewRequest(f[0], f[1], f[2], []byte(f[3]))
	if err != nil {
		return err
	}
	a := e.Call(context.Background(), r)
	if a.Err != nil {
		return a.Err
	}
	return string(a.Result)
}
`)
	c := exec.Command("go", "build", "-o", "upgrades", ".")
	c.Dir = dir
	text, err := c.CombinedOutput()
	require.NoError(t, err, "%s", text)
	return filepath.Join(dir, "upgrades")
}

func TestUpgrades(t *testing.T) {
	exe, data := upgrades(t), filepath.Join(t.TempDir(), "data")
	run := func(version string, lines ...string) []string {
		out, err := exec.Command(exe, append([]string{version, data}, lines...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	}
	refused := func(version string, texts ...string) {
		for range 2 { // a refusal changes nothing
			out := run(version, "get User ann")
			require.Contains(t, out[0], "refused: ", version)
			for _, text := range texts {
				require.Contains(t, out[0], text, version)
			}
		}
	}
	same := func(want, got string) { t.Helper(); require.JSONEq(t, want, got) }

	out := run("v1", `1 NewUser - ["ann"]`, `2 User.Fill ann ["an"]`, `3 User.Deposit ann [100]`, `4 NewUser - ["bob"]`, `5 NewToken - ["t"]`,
		`6 User.Fill bob ["bo"]`, `7 Show - [{"In":{"$type":"int","$value":1}}]`, `get User ann`, `record 3`)
	require.Equal(t, []string{`"ann"`, `null`, `null`, `"bob"`, `"t"`, `null`, `"true"`}, out[:7])
	same(`{"name":"ann","balance":100,"old":"x","nick":"an","Home":{"Street":"High Street","No":7},"Tags":["a"]}`, out[7])
	require.Equal(t, `3 User.Deposit User/ann {"amount":100} null`, out[8])

	// States of the first version are read by the second, new fields are zero, and requests are answered as they were.
	refused("text", "entity type User, field balance: is of type string, was of type int8", "version 1")
	out = run("v2", `get User ann`, `3 User.Deposit ann [100,"n"]`, `3 User.Deposit bob [100,"n"]`, `8 User.Deposit ann [1000,"n"]`, `get User ann`, `get User bob`,
		`record 3`, `record 8`, `record 2`)
	same(`{"name":"ann","balance":100,"alias":"an","Home":{"City":"","Street":"High Street","No":7},"Tags":["a"],"Score":0,"More":null}`, out[0])
	require.Equal(t, "null", out[1], "the same id: what is recorded, though the arguments have another form now")
	require.Contains(t, out[2], "InvalidArgument")
	require.Equal(t, "null", out[3])
	same(`{"name":"ann","balance":1100,"alias":"an","Home":{"City":"","Street":"High Street","No":7},"Tags":["a"],"Score":0,"More":["n"]}`, out[4])
	same(`{"name":"bob","balance":0,"alias":"bo","Home":{"City":"","Street":"High Street","No":7},"Tags":["a"],"Score":0,"More":null}`, out[5])
	require.Equal(t, `3 User.Deposit User/ann  null`, out[6], "arguments in a form that has gone are not shown")
	require.Equal(t, `7 User.Deposit User/ann {"amount":1000,"note":"n"} null`, out[7])
	require.Equal(t, `2 User.Fill User/ann  null`, out[8])

	// Both versions' states are in the folder now: each counts.
	refused("v1", "entity type User, field balance: is of type int8, was of type int")
	refused("narrow", "entity type User, field balance: is of type int16, was of type int")
	refused("forgotten", "type User, field alias: it was called nick", "keep its name, and //sfc:was nick")
	refused("twice", "type User, field handle: it was called nick")
	refused("tokenless", "entity type Token: is gone: its entities would be lost")
	refused("key", "entity type Token: the key is computed in another way")
	refused("otherAgain", "entity type User, field old: is of type int, was of type string")
	out = run("v2", `get User bob`)
	same(`{"name":"bob","balance":0,"alias":"bo","Home":{"City":"","Street":"High Street","No":7},"Tags":["a"],"Score":0,"More":null}`, out[0])

	// A field that comes back finds what is left of it, as after going back to an older version.
	out = run("again", `get User bob`, `get User ann`)
	require.Contains(t, out[0], `"old":"x"`)
	require.Contains(t, out[1], `"old":""`)

	// What has no entities may change as it likes.
	out = run("lonely", `20 NewLonely - ["x"]`)
	require.Equal(t, `"x"`, out[0])
	refused("v2", "entity type Lonely: keys are of type int, were of type string")
}
