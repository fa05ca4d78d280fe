// This file is the verb bench: measure the native engine on this machine.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends/native"
	"github.com/stateful-entities/sfc/backends/native/bench/plan"
	"github.com/stateful-entities/sfc/internal/module"
)

func benchCommand() *cli.Command {
	d := plan.Default()
	return &cli.Command{
		Name: "bench", Usage: "measure the native engine, in turns with baselines on the same machine", ArgsUsage: " ",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "workload", Usage: "`list` of A, B (YCSB), T (transfers), M (45/45/10)", DefaultText: strings.Join(d.Workloads, ",")},
			&cli.StringFlag{Name: "keys", Usage: "`list` of uniform, zipf0.99, zipf1.5 …", DefaultText: strings.Join(d.Keys, ",")},
			&cli.StringFlag{Name: "clients", Usage: "`list` of numbers of clients", DefaultText: joinInts(d.Clients)},
			&cli.StringFlag{Name: "over", Usage: "`list` of process, http", DefaultText: strings.Join(d.Ways, ",")},
			&cli.Float64Flag{Name: "rate", Usage: "`requests` a second, in an open loop; 0: closed loops"},
			&cli.BoolFlag{Name: "overhead", Usage: "only: where a request's time goes, by the size of the state"},
			&cli.StringFlag{Name: "sizes", Usage: "`list` of bytes of the states of --overhead", DefaultText: joinInts(d.Sizes)},
			&cli.IntFlag{Name: "accounts", Usage: "`number` of accounts", Value: d.Accounts},
			&cli.IntFlag{Name: "field", Usage: "`bytes` of each of an account's ten fields", Value: d.Field},
			&cli.DurationFlag{Name: "duration", Usage: "`time` of one round", Value: d.Duration},
			&cli.IntFlag{Name: "rounds", Usage: "`number` of rounds of each side, taken in turns", Value: d.Rounds},
			&cli.Uint64Flag{Name: "seed", Usage: "`number` that the requests follow from", Value: d.Seed},
			&cli.BoolFlag{Name: "quick", Usage: "see that it runs: the numbers mean nothing"},
			&cli.StringFlag{Name: "data", Usage: "`folder` for the databases, on the disk to be measured (default .sfc)"},
			&cli.StringFlag{Name: "profile", Usage: "`file` for a CPU profile of the measurement"},
			formatFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("bench takes no argument: it brings its own application")
			}
			p, err := planOf(c)
			if err != nil {
				return err
			}
			return runBench(c, p)
		},
	}
}

func joinInts(list []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ","), "[]")
}

// planOf makes a plan of the flags. Flags that name cells ask for those, and not for the rows with aims.
func planOf(c *cli.Context) (plan.Plan, error) {
	p := plan.Default()
	if c.Bool("quick") {
		p = p.Quick()
	}
	for name, to := range map[string]*[]string{"workload": &p.Workloads, "keys": &p.Keys, "over": &p.Ways} {
		if c.IsSet(name) {
			p.Suite, *to = plan.Cells, strings.Split(c.String(name), ",")
		}
	}
	if c.IsSet("clients") || c.IsSet("rate") {
		p.Suite = plan.Cells
	}
	if c.Bool("overhead") {
		if p.Suite == plan.Cells {
			return p, usage("--overhead has no workloads, keys, clients or rates")
		}
		p.Suite = plan.Overhead
	}
	for name, to := range map[string]*[]int{"clients": &p.Clients, "sizes": &p.Sizes} {
		if !c.IsSet(name) {
			continue
		}
		*to = nil
		for _, text := range strings.Split(c.String(name), ",") {
			n, err := strconv.Atoi(text)
			if err != nil {
				return p, usage("--%s: want numbers with commas between, got %q", name, text)
			}
			*to = append(*to, n)
		}
	}
	for name, to := range map[string]*int{"accounts": &p.Accounts, "field": &p.Field, "rounds": &p.Rounds} {
		if c.IsSet(name) {
			*to = c.Int(name)
		}
	}
	if c.IsSet("duration") {
		p.Duration = c.Duration("duration")
	}
	p.Rate, p.Seed, p.Format = c.Float64("rate"), c.Uint64("seed"), c.String("format")
	p.Command = commandLine(c)
	var err error
	if p.Data, err = benchFolder(c); err != nil {
		return p, err
	}
	if file := c.String("profile"); file != "" {
		if p.Profile, err = filepath.Abs(file); err != nil {
			return p, err
		}
	}
	if err := p.Check(); err != nil {
		return p, usage("%v", err)
	}
	return p, nil
}

// commandLine is the command that gives the same plan, without where it keeps and writes what.
func commandLine(c *cli.Context) string {
	words := []string{"sfc bench"}
	for _, name := range c.FlagNames() {
		if name != "data" && name != "profile" && name != "format" {
			words = append(words, fmt.Sprintf("--%s=%v", name, c.Value(name)))
		}
	}
	return strings.Join(words, " ")
}

// benchFolder gives the folder for the databases: on the disk where programs keep theirs.
func benchFolder(c *cli.Context) (string, error) {
	if c.IsSet("data") {
		return filepath.Abs(c.String("data"))
	}
	dir, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	m, err := module.Find(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	here := &source{module: m, dir: dir}
	return filepath.Join(here.work(), "bench"), here.makeWork()
}

// runBench compiles the application, builds it with what measures it, and runs that.
func runBench(c *cli.Context, p plan.Plan) error {
	if err := os.MkdirAll(p.Data, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(p.Data, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(c.App.ErrWriter, "sfc: compiling the benchmark (the first time takes longest)")
	exe, err := buildBench(c, dir)
	if err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	run := &prepared{exe: exe, args: []string{"-plan", string(text)}}
	return run.serve(c.Context, c.App.Writer, c.App.ErrWriter)
}

// buildBench builds the benchmark in a folder and gives the executable.
func buildBench(c *cli.Context, dir string) (string, error) {
	app := filepath.Join(dir, "app")
	if err := os.CopyFS(app, plan.Source()); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(app, "go.mod"), []byte("module sfc.bench\n\ngo 1.26\n"), 0o644); err != nil {
		return "", err
	}
	s, err := load(filepath.Join(app, "ledger"), nil)
	if err != nil {
		return "", err
	}
	bundle, err := s.lower(native.Backend{})
	if err != nil {
		return "", err
	}
	bundle.Files["main.go"] = []byte(fmt.Sprintf(benchMain, module.BundlePath+"/"+s.program.Name))
	out := filepath.Join(dir, "program")
	if err := bundle.Write(out); err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "bench")
	return exe, goBuild(c.Context, out, exe)
}

// benchMain is the main package; its place is the import path of the compiled application.
const benchMain = `// Code generated by sfc bench. DO NOT EDIT.

// Command bench measures the native engine.
package main

import (
	_ "embed"

	program %q

	"github.com/stateful-entities/sfc/backends/native/bench"
)

//go:embed program.ir.json
var text []byte

func main() { bench.Main(program.Program(), text) }
`
