// This file is the verb schema.

package main

import (
	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/ir"
)

func schemaCommand() *cli.Command {
	return &cli.Command{
		Name: "schema", Usage: "print the JSON Schema of the IR", ArgsUsage: " ",
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usage("schema takes no argument")
			}
			_, err := c.App.Writer.Write(ir.Schema())
			return err
		},
	}
}
