// This file is the verb vet: check a package without output.

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/ir"
)

func vetCommand() *cli.Command {
	return &cli.Command{
		Name: "vet", Usage: "check a package (or an IR file); with -v list what can be requested", ArgsUsage: "[package | file.yaml]",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "v", Usage: "list what can be requested, and what of the rest cannot and why"},
			formatFlag(),
		},
		Action: func(c *cli.Context) error {
			arg, err := onePackage(c)
			if err != nil {
				return err
			}
			s, err := load(arg, nil)
			if err != nil {
				return err
			}
			asJSON := c.String("format") == "json"
			if asJSON && !c.Bool("v") || len(s.warnings) > 0 {
				writeFindings(s.warnings, asJSON, c.App.Writer, c.App.ErrWriter)
			}
			if !c.Bool("v") {
				return nil
			}
			if asJSON {
				return writeJSON(c.App.Writer, requests(s.program))
			}
			w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
			for _, r := range requests(s.program) {
				fmt.Fprintf(w, "%s\t%s\t%s\n", r.Path, r.Signature, r.Why)
			}
			return w.Flush()
		},
	}
}

// request is a function with how it is requested.
type request struct {
	Path      string `json:"path,omitempty"` // POST; "" if it cannot be requested
	Signature string `json:"signature"`
	Why       string `json:"why,omitempty"` // it cannot
}

// requests lists what clients can ask for, then the exported rest.
func requests(p *ir.Program) []request {
	var can, cannot []request
	for _, f := range p.Funcs {
		r := request{Signature: signature(f)}
		name := f.Name
		if f.Entity != "" {
			name = strings.TrimPrefix(name, f.Entity+".")
		}
		switch {
		case f.Exported && f.Entity != "":
			r.Path = "/v1/" + f.Entity + "/{key}/" + name
			can = append(can, r)
		case f.Exported:
			r.Path = "/v1/" + name
			can = append(can, r)
		case f.Entity != "" && name[0] >= 'A' && name[0] <= 'Z' && !strings.ContainsAny(name, "$."):
			r.Path, r.Why = "-", whyNot(f)
			cannot = append(cannot, r)
		}
	}
	return append(can, cannot...)
}

// whyNot says why an exported method cannot be requested.
func whyNot(f *ir.Func) string {
	for _, p := range f.Params {
		if k := p.Type.Kind; k == ir.FuncKind || k == ir.C64 || k == ir.C128 {
			return fmt.Sprintf("JSON has no form for %s of type %s", p.Name, p.Type)
		}
	}
	return "only entity code calls it"
}

func signature(f *ir.Func) string {
	list := func(locals []*ir.Local) string {
		var parts []string
		for _, l := range locals {
			text := l.Type.String()
			if l.Name != "_" && l.Name != "" {
				text = l.Name + " " + text
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ", ")
	}
	text := f.Name + "(" + list(f.Params) + ")"
	switch results := list(f.Results); {
	case len(f.Results) > 1:
		return text + " (" + results + ")"
	case results != "":
		return text + " " + results
	}
	return text
}
