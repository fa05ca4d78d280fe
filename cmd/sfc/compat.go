// This file is the verb compat: may a program take the place of an earlier one?

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

func compatCommand() *cli.Command {
	return &cli.Command{
		Name: "compat", Usage: "compare two versions of a program: can the new one read the old one's states and serve its clients?",
		ArgsUsage:   "OLD NEW",
		Description: "OLD and NEW are packages or IR files; each bundle has one, program.ir.json. The exit code is 1 if a change is not compatible.",
		Flags:       []cli.Flag{formatFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() != 2 {
				return usage("compat takes two packages or IR files, got %d", c.NArg())
			}
			older, err := load(c.Args().Get(0), nil)
			if err != nil {
				return err
			}
			newer, err := load(c.Args().Get(1), nil)
			if err != nil {
				return err
			}
			if older.program.ID != newer.program.ID {
				return diag.List{diag.New("SF2005", diag.Position{}, "the old program is %q, the new one is %q", older.program.ID, newer.program.ID)}
			}
			return reportChanges(c, ir.Diff(older.program, newer.program))
		},
	}
}

func reportChanges(c *cli.Context, changes []ir.Change) error {
	type change struct {
		Where      string `json:"where"`
		What       string `json:"what"`
		Compatible bool   `json:"compatible"`
	}
	list, compatible := []change{}, true
	for _, ch := range changes {
		list = append(list, change{ch.Where, ch.What, !ch.Breaking})
		compatible = compatible && !ch.Breaking
	}
	if c.String("format") == "json" {
		if err := writeJSON(c.App.Writer, map[string]any{"compatible": compatible, "changes": list}); err != nil {
			return err
		}
		return failUnless(compatible)
	}
	for _, ch := range list {
		verdict := "compatible"
		if !ch.Compatible {
			verdict = "NOT COMPATIBLE"
		}
		fmt.Fprintf(c.App.Writer, "%s: %s: %s\n", verdict, ch.Where, ch.What)
	}
	if len(list) == 0 {
		fmt.Fprintln(c.App.ErrWriter, "sfc: nothing that stored states or clients could notice has changed")
	}
	return failUnless(compatible)
}
