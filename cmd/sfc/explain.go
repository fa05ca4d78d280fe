// This file is the verb explain: what a diagnostic code means.

package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/diag"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "explain a diagnostic code; without one, list them all", ArgsUsage: "[code]", Flags: []cli.Flag{formatFlag()},
		Action: func(c *cli.Context) error {
			asJSON := c.String("format") == "json"
			switch {
			case c.NArg() > 1:
				return usage("explain takes one code")
			case c.NArg() == 0:
				return listCodes(c, asJSON)
			}
			code := strings.ToUpper(c.Args().First())
			text, ok := diag.Explain(code)
			if !ok {
				return usage("there is no code %q%s", code, didYouMean(code, codeNames()))
			}
			if asJSON {
				return writeJSON(c.App.Writer, map[string]string{"code": code, "title": diag.Title(code), "text": text})
			}
			_, err := fmt.Fprintln(c.App.Writer, strings.TrimSpace(text))
			return err
		},
	}
}

func listCodes(c *cli.Context, asJSON bool) error {
	if asJSON {
		return writeJSON(c.App.Writer, diag.Codes())
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, d := range diag.Codes() {
		fmt.Fprintf(w, "%s\t%s\n", d.Code, d.Title)
	}
	return w.Flush()
}

func codeNames() []string {
	var names []string
	for _, c := range diag.Codes() {
		names = append(names, c.Code)
	}
	return names
}
