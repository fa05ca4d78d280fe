// This file is the list of targets, and the verb that shows it.

package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/external"
	"github.com/stateful-entities/sfc/backends/local"
	"github.com/stateful-entities/sfc/backends/native"
	"github.com/stateful-entities/sfc/internal/diag"
)

// defaultTarget is where `sfc run` runs a program.
const defaultTarget = "native"

// targets lists the backends. A new one is a line here.
func targets() []backends.Backend {
	return []backends.Backend{
		local.Backend{},
		native.Backend{},
	}
}

// target gives the target of a name: one of sfc's own, or that of an executable sfc-backend-NAME.
func target(name string) (backends.Backend, error) {
	if b := backends.Find(targets(), name); b != nil {
		return b, nil
	}
	b, err := external.Find(name)
	if err != nil {
		return nil, err
	}
	if b != nil {
		return b, nil
	}
	d := diag.New("SF3001", diag.Position{}, "there is no target %q%s", name, didYouMean(name, targetNames()))
	return nil, diag.List{d.WithHelp("the targets are: %s", strings.Join(targetNames(), ", "))}
}

// targetNames lists sfc's own targets, then those that are executables.
func targetNames() []string {
	var names []string
	for _, b := range targets() {
		names = append(names, b.Name())
	}
	for _, name := range external.Names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func targetsCommand() *cli.Command {
	return &cli.Command{
		Name: "targets", Usage: "list the targets and what they promise", ArgsUsage: "[target]", Flags: []cli.Flag{formatFlag()},
		Action: func(c *cli.Context) error {
			names := targetNames()
			if c.NArg() > 1 {
				return usage("targets takes one name at most")
			}
			if c.NArg() == 1 {
				names = c.Args().Slice()
			}
			var list []backends.Backend
			for _, name := range names {
				b, err := target(name)
				if err != nil && c.NArg() == 1 {
					return err
				}
				if err != nil { // the others can be shown
					report(err, false, c.App.Writer, c.App.ErrWriter)
					continue
				}
				list = append(list, b)
			}
			if c.String("format") == "json" {
				return writeTargetsJSON(c, list)
			}
			return writeTargets(c, list)
		},
	}
}

func writeTargets(c *cli.Context, list []backends.Backend) error {
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, b := range list {
		fmt.Fprintf(w, "%s\t%s\n\tpromises %s\n", b.Name(), b.Doc(), featureList(b.Features()))
		if options := b.Options(); len(options) > 0 {
			fmt.Fprintf(w, "\toptions %s\n", strings.Join(options, ", "))
		}
		if file := executable(b); file != "" {
			fmt.Fprintf(w, "\tis %s\n", file)
		}
	}
	return w.Flush()
}

// executable gives the file of a target that is not sfc's own.
func executable(b backends.Backend) string {
	if x, ok := b.(*external.Backend); ok {
		return x.Path()
	}
	return ""
}

func featureList(fs backends.Features) string {
	var names []string
	for _, f := range fs {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

func writeTargetsJSON(c *cli.Context, targets []backends.Backend) error {
	type entry struct {
		Name       string            `json:"name"`
		Doc        string            `json:"doc"`
		Features   backends.Features `json:"features"`
		Options    []string          `json:"options,omitempty"`
		Default    bool              `json:"default"`
		Executable string            `json:"executable,omitempty"`
	}
	list := []entry{}
	for _, b := range targets {
		list = append(list, entry{b.Name(), b.Doc(), b.Features(), b.Options(), b.Name() == defaultTarget, executable(b)})
	}
	return writeJSON(c.App.Writer, list)
}
