// This file is the verb compile: write a target's bundle, or the IR.

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

func compileCommand() *cli.Command {
	return &cli.Command{
		Name: "compile", Usage: "write a package's bundle for a target, or its IR", ArgsUsage: "[package | file.yaml]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "target", Usage: "`name` of the target", EnvVars: []string{"SFC_TARGET"}},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`folder` for the bundle: new, empty, or with an earlier one"},
			&cli.BoolFlag{Name: "library", Usage: "write a package to import, into a folder of your module, instead of a program"},
			&cli.StringFlag{Name: "emit", Usage: "`what` to print instead: ir"},
			&cli.StringFlag{Name: "format", Usage: "`form` of the IR: yaml or json; of diagnostics: text or json", Value: "yaml", Action: oneOf("yaml", "json", "text")},
			&cli.StringFlag{Name: "previous", Usage: "IR `file` of the program before: its version and ranks go on"},
		},
		Action: func(c *cli.Context) error {
			arg, err := onePackage(c)
			if err != nil {
				return err
			}
			switch emit := c.String("emit"); {
			case emit == "ir" && c.Bool("library"):
				return usage("compile takes --emit=ir or --library, not both")
			case emit == "ir":
				return emitIR(c, arg)
			case emit != "":
				return usage("--emit: want ir, got %q", emit)
			case c.String("target") == "" || c.String("output") == "":
				return usage("compile wants --target NAME and -o FOLDER, or --emit=ir (sfc targets lists the targets)")
			}
			return compileBundle(c, arg)
		},
	}
}

// before gives the program that --previous names, else the one in the output folder.
func before(c *cli.Context) func(*source) (earlier, error) {
	return func(*source) (earlier, error) {
		if file := c.String("previous"); file != "" {
			p, err := readIR(file)
			return earlier{program: p, states: true, clients: true}, err
		}
		if dir := c.String("output"); dir != "" {
			to, err := target(c.String("target"))
			return earlierIn(dir, err == nil && to.Features().Has(backends.Durable))
		}
		return earlier{}, nil
	}
}

func loadWarned(c *cli.Context, arg string) (*source, error) {
	s, err := load(arg, before(c))
	if err == nil && len(s.warnings) > 0 {
		writeFindings(s.warnings, false, c.App.Writer, c.App.ErrWriter)
	}
	return s, err
}

func emitIR(c *cli.Context, arg string) error {
	s, err := loadWarned(c, arg)
	if err != nil {
		return err
	}
	format := ir.YAML
	if c.String("format") == "json" {
		format = ir.JSON
	}
	text, err := ir.Encode(s.program, format)
	if err != nil {
		return err
	}
	_, err = c.App.Writer.Write(text)
	return err
}

func compileBundle(c *cli.Context, arg string) error {
	to, err := target(c.String("target"))
	if err != nil {
		return err
	}
	s, err := loadWarned(c, arg)
	if err != nil {
		return err
	}
	dir, next := c.String("output"), "`go build` in %s makes the program, sfc.bundle"
	var bundle *backends.Bundle
	if c.Bool("library") {
		bundle, err = s.lowerLibrary(to, dir)
		next = "%s is a package to import (`go mod tidy` gets what it links with)"
	} else {
		bundle, err = s.lower(to)
	}
	if err != nil {
		return err
	}
	if err := bundle.Write(dir); err != nil {
		return diag.List{diag.New("SF3004", diag.Position{}, "%v", err)}
	}
	fmt.Fprintf(c.App.ErrWriter, "sfc: wrote %d files of %s version %d; "+next+"\n",
		len(bundle.Files), s.program.ID, s.program.Version, dir)
	return nil
}
