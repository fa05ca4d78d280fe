// This file is the verb conformance: judge whether a target keeps the promises.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/conformance"
	"github.com/stateful-entities/sfc/ir"
)

func conformanceCommand() *cli.Command {
	return &cli.Command{
		Name: "conformance", Usage: "judge whether a target keeps the promises", ArgsUsage: " ",
		Description: "Each test holds one promise against the suite's application, over HTTP. A target is built and started here;\n" +
			"an endpoint must serve the application already: --emit-app writes it, for a compiler of another make.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "target", Usage: "`name` of the target to build, start and judge"},
			&cli.StringFlag{Name: "endpoint", Usage: "`URL` of a running endpoint to judge instead"},
			&cli.StringFlag{Name: "token-file", Usage: "`file` whose first line is the endpoint's bearer token"},
			&cli.StringSliceFlag{Name: "only", Usage: "regular `expression` that the names of tests must match; several: one of them"},
			&cli.StringFlag{Name: "set", Usage: "`set` of tests: core, extended or all", Value: "all", Action: oneOf("core", "extended", "all")},
			&cli.Int64Flag{Name: "seed", Usage: "`number` that all choices follow from", Value: 1},
			&cli.Float64Flag{Name: "effort", Usage: "`factor` on rounds and operations: 10 kills 200 times", Value: 1},
			&cli.StringFlag{Name: "report", Usage: "`folder` for NAME.yaml and NAME.html"},
			&cli.StringFlag{Name: "emit-app", Usage: "`folder` to write the application to: Go, scripts, IR as YAML and JSON"},
			&cli.BoolFlag{Name: "list", Usage: "list the tests"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("conformance takes no argument: --target names what is judged")
			}
			switch {
			case c.IsSet("emit-app"):
				return emitApp(c, c.String("emit-app"))
			case c.Bool("list"):
				return listTests(c)
			}
			return judge(c)
		},
	}
}

// judge runs the suite.
func judge(c *cli.Context) error {
	wanted, err := wantedTests(c)
	if err != nil {
		return err
	}
	if effort := c.Float64("effort"); effort <= 0 {
		return usage("--effort: want a number above 0, got %v", effort)
	}
	t, end, err := judged(c)
	if err != nil {
		return err
	}
	run := &suiteRun{ctx: c.Context, talk: c.App.ErrWriter}
	report := conformance.Run(run, t, conformance.Options{
		Only: wanted, Seed: c.Int64("seed"), Effort: c.Float64("effort"), Seen: run.seen, Command: commandAgain(c),
	})
	if err := errors.Join(c.Context.Err(), end()); err != nil {
		return err
	}
	fmt.Fprintf(c.App.Writer, "%s: core %s; extended %s\n", t.Name(), summary(report.Core), summary(report.Extended))
	if dir := c.String("report"); dir != "" {
		if err := writeReport(c, report, dir); err != nil {
			return err
		}
	}
	return failUnless(report.Passed() && !run.failed)
}

func summary(s conformance.Summary) string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", s.Passed, s.Failed, s.Skipped)
}

// wantedTests says which tests are meant; it is wrong usage if none is, or none of one expression.
func wantedTests(c *cli.Context) (func(conformance.Test) bool, error) {
	only := c.StringSlice("only")
	if len(only) == 0 {
		only = []string{""}
	}
	set, tests := c.String("set"), map[string]bool{}
	for _, text := range only {
		pattern, err := regexp.Compile(text)
		if err != nil {
			return nil, usage("--only: %v", err)
		}
		found := false
		for _, t := range conformance.Tests() {
			if pattern.MatchString(t.Name) && (set == "all" || set == string(t.Set)) {
				tests[t.Name], found = true, true
			}
		}
		if !found {
			return nil, usage("no test matches --only %q (--list lists them)", text)
		}
	}
	return func(t conformance.Test) bool { return tests[t.Name] }, nil
}

// judged makes the target. end removes what it wrote.
func judged(c *cli.Context) (t conformance.Target, end func() error, err error) {
	url, name := c.String("endpoint"), c.String("target")
	switch {
	case url != "" && name != "":
		return nil, nil, usage("--target builds one, --endpoint takes one that runs: give one of them")
	case url == "" && c.IsSet("token-file"):
		return nil, nil, usage("--token-file goes with --endpoint")
	case url != "":
		token, err := readToken(c.String("token-file"))
		if err != nil {
			return nil, nil, err
		}
		e := conformance.NewEndpoint(url, token, nil)
		_, err = e.Start(c.Context, conformance.Settings{})
		return e, func() error { return nil }, err
	case name == "":
		return nil, nil, usage("conformance wants --target NAME or --endpoint URL (sfc targets lists the targets)")
	}
	backend, err := target(name)
	if err != nil {
		return nil, nil, err
	}
	p := conformance.NewProcess(backend)
	p.Talk = c.App.ErrWriter
	return p, p.Close, nil
}

// readToken gives the first token in a file, as the programs' --token-file has them.
func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("token file: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return line, nil
		}
	}
	return "", fmt.Errorf("token file %q holds no token", file)
}

// commandAgain is the command line that makes the same run.
func commandAgain(c *cli.Context) string {
	words := []string{"sfc conformance"}
	for _, name := range []string{"target", "endpoint", "token-file", "only", "set", "seed", "effort"} {
		if !c.IsSet(name) && name != "seed" {
			continue
		}
		values := []string{fmt.Sprint(c.Value(name))}
		if name == "only" {
			values = c.StringSlice(name)
		}
		for _, v := range values {
			words = append(words, "--"+name+"="+shellWord(v))
		}
	}
	return strings.Join(words, " ")
}

// shellWord writes a text as a shell reads it.
func shellWord(text string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_.,:/@%+-]+$`).MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// suiteRun is what the suite tells of its run.
type suiteRun struct {
	ctx    context.Context
	talk   io.Writer
	failed bool
}

func (r *suiteRun) Helper() {}

func (r *suiteRun) Context() context.Context { return r.ctx }

func (r *suiteRun) Logf(format string, args ...any) { fmt.Fprintf(r.talk, format+"\n", args...) }

func (r *suiteRun) Errorf(format string, args ...any) {
	r.failed = true
	r.Logf(format, args...)
}

func (r *suiteRun) FailNow() {
	r.failed = true
	runtime.Goexit()
}

// seen shows each result; failures tell more by Errorf.
func (r *suiteRun) seen(test conformance.Test, result conformance.Result) {
	why := ""
	if result.Reason != "" {
		why = ": " + result.Reason
	}
	r.Logf("%-7s %6.2fs  %s%s", result.Outcome, result.Took.Seconds(), test.Name, why)
}

// writeReport writes a report under the target's name.
func writeReport(c *cli.Context, r *conformance.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := regexp.MustCompile(`[^A-Za-z0-9.-]+`).ReplaceAllString(r.Target, "-")
	for ext, make := range map[string]func() ([]byte, error){".yaml": r.YAML, ".html": r.HTML} {
		text, err := make()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+ext), text, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: the report is in %s\n", filepath.Join(dir, name+".html"))
	return nil
}

// emitApp writes the application for a compiler of another make.
func emitApp(c *cli.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("the folder %q is not empty", dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p, err := conformance.CompileApp()
	if err != nil {
		return err
	}
	if err := conformance.WriteApp(dir); err != nil {
		return err
	}
	for name, format := range map[string]string{"app.ir.yaml": ir.YAML, "app.ir.json": ir.JSON} {
		text, err := ir.Encode(p, format)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: the application is in %s: app/*.go, scripts app/*.txt (@ is a prefix of keys), app.ir.yaml, app.ir.json\n", dir)
	return nil
}

func listTests(c *cli.Context) error {
	wanted, err := wantedTests(c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, t := range conformance.Tests() {
		if wanted(t) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, t.Set, t.Says)
		}
	}
	return w.Flush()
}
