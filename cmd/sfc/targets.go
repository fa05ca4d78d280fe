// This file is the list of targets, and the verb that shows it.

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/local"
	"github.com/stateful-entities/sfc/backends/native"
	"github.com/stateful-entities/sfc/internal/diag"
)

// defaultTarget is where `sfc run` runs a program.
const defaultTarget = "local"

// targets lists the backends. A new one is a line here.
func targets() []backends.Backend {
	return []backends.Backend{
		local.Backend{},
		native.Backend{},
	}
}

func target(name string) (backends.Backend, error) {
	if b := backends.Find(targets(), name); b != nil {
		return b, nil
	}
	d := diag.New("SF3001", diag.Position{}, "there is no target %q%s", name, didYouMean(name, targetNames()))
	return nil, diag.List{d.WithHelp("the targets are: %s", strings.Join(targetNames(), ", "))}
}

func targetNames() []string {
	var names []string
	for _, b := range targets() {
		names = append(names, b.Name())
	}
	return names
}

func targetsCommand() *cli.Command {
	return &cli.Command{
		Name: "targets", Usage: "list the targets and what they promise", ArgsUsage: " ", Flags: []cli.Flag{formatFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("targets takes no argument")
			}
			if c.String("format") == "json" {
				return writeTargetsJSON(c)
			}
			w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
			for _, b := range targets() {
				fmt.Fprintf(w, "%s\t%s\n\tpromises %s\n", b.Name(), b.Doc(), featureList(b.Features()))
			}
			return w.Flush()
		},
	}
}

func featureList(fs backends.Features) string {
	var names []string
	for _, f := range fs {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

func writeTargetsJSON(c *cli.Context) error {
	type entry struct {
		Name     string            `json:"name"`
		Doc      string            `json:"doc"`
		Features backends.Features `json:"features"`
		Default  bool              `json:"default"`
	}
	var list []entry
	for _, b := range targets() {
		list = append(list, entry{b.Name(), b.Doc(), b.Features(), b.Name() == defaultTarget})
	}
	return writeJSON(c.App.Writer, list)
}
