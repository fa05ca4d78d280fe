// This file is the verb version.

package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/ir"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "show the version", ArgsUsage: " ", Flags: []cli.Flag{formatFlag()},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("version takes no argument")
			}
			if c.String("format") == "json" {
				return writeJSON(c.App.Writer, map[string]string{"sfc": module.Version(), "ir": ir.Version, "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(c.App.Writer, "sfc %s (IR %s, %s)\n", module.Version(), ir.Version, runtime.Version())
			return err
		},
	}
}
