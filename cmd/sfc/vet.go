// This file is the verb vet: check a package without output.

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
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
				return writeJSON(c.App.Writer, requests(s))
			}
			return writeRequests(c.App.Writer, requests(s))
		},
	}
}

func writeRequests(to io.Writer, list []request) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, r := range list {
		if r.Why != "" {
			fmt.Fprintf(w, "not requestable\t%s %s\n", r.Name, r.Why)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\n", r.Path, r.Signature)
	}
	return w.Flush()
}

// request is a function with how it is requested.
type request struct {
	Name      string `json:"name"`
	Path      string `json:"path,omitempty"` // POST; "" if it cannot be requested
	Signature string `json:"signature,omitempty"`
	Why       string `json:"why,omitempty"` // it cannot
}

// requests lists what clients can ask for, then the exported rest.
func requests(s *source) []request {
	var list []request
	for _, f := range s.program.Funcs {
		if !f.Exported {
			continue
		}
		path := "/v1/" + f.Name
		if f.Entity != "" {
			path = "/v1/" + f.Entity + "/{key}/" + strings.TrimPrefix(f.Name, f.Entity+".")
		}
		list = append(list, request{Name: f.Name, Path: path, Signature: speller{s.program}.signature(f)})
	}
	for _, o := range s.omitted {
		list = append(list, request{Name: o.Name, Why: o.Why})
	}
	return list
}
