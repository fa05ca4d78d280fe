// This file is the verb call: do a request, or a script of them.

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/calls"
)

func callCommand() *cli.Command {
	return &cli.Command{
		Name: "call", Usage: "do a request, or a script of them, on a running program",
		ArgsUsage: "Type/key Method [argument…] | Function [argument…] | get Type/key",
		Description: "An argument is JSON or a bare word, which is read by its parameter's type.\n" +
			"With -f each line of the file is a request with what it is to answer:\n\n" +
			"    User/alice BuyItem 2 pen   => true\n    User/alice Deposit -5      => error Application \"negative\"",
		Flags: append(endpointFlags(),
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "`script` of requests; - is stdin"},
			&cli.StringFlag{Name: "id", Usage: "the request's `id`: it takes effect once"},
			formatFlag(),
		),
		Action: func(c *cli.Context) error {
			cl, err := client(c)
			if err != nil {
				return err
			}
			if c.IsSet("file") {
				return callScript(c, cl)
			}
			return callOne(c, cl)
		},
	}
}

// callOne does the request on the command line.
func callOne(c *cli.Context, client *calls.Client) error {
	var words []calls.Word
	for _, a := range c.Args().Slice() {
		words = append(words, calls.NewWord(a))
	}
	r, err := calls.NewRequest(words)
	if err != nil {
		return usage("call: %v", err)
	}
	r.ID = c.String("id")
	a, err := client.Do(c.Context, r)
	if err != nil {
		return unreachable(client, err)
	}
	asJSON := c.String("format") == "json"
	switch {
	case a.Code != "":
		return refused(c, a, asJSON)
	case asJSON:
		return writeJSON(c.App.Writer, answerJSON(a))
	}
	fmt.Fprintln(c.App.Writer, string(a.Value))
	return nil
}

// callScript plays a script and reports what was not answered as expected.
func callScript(c *cli.Context, client *calls.Client) error {
	if c.NArg() > 0 {
		return usage("call takes a request or -f, not both")
	}
	name := c.String("file")
	script, err := readScript(name, c.App.Reader)
	if err != nil {
		return err
	}
	asJSON := c.String("format") == "json"
	failures, err := calls.Run(c.Context, script, client.Do, func(r *calls.Request, a calls.Answer) {
		if r.Want == nil && a.Code == "" && !asJSON {
			fmt.Fprintln(c.App.Writer, string(a.Value))
		}
	})
	if err != nil {
		return unreachable(client, err)
	}
	return reportScript(c, name, len(script), failures, asJSON)
}

func readScript(name string, stdin io.Reader) ([]*calls.Request, error) {
	if name == "-" {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return nil, err
		}
		return calls.Parse("stdin", text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return calls.Parse(name, text)
}

func reportScript(c *cli.Context, name string, n int, failures []*calls.Failure, asJSON bool) error {
	if asJSON {
		type failure struct {
			File    string `json:"file"`
			Line    int    `json:"line"`
			Request string `json:"request"`
			Want    string `json:"want"`
			Got     string `json:"got"`
		}
		list := []failure{}
		for _, f := range failures {
			list = append(list, failure{f.Request.File, f.Request.Line, f.Request.Text, f.Want, f.Got})
		}
		if err := writeJSON(c.App.Writer, map[string]any{"requests": n, "failures": list}); err != nil {
			return err
		}
	} else {
		for _, f := range failures {
			fmt.Fprintln(c.App.ErrWriter, f)
		}
		fmt.Fprintf(c.App.ErrWriter, "sfc: %s: %d requests, %d not as expected\n", name, n, len(failures))
	}
	if len(failures) > 0 {
		return errReported
	}
	return nil
}
