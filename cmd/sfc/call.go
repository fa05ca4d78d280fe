// This file is the verb call: do a request, or a script of them.

package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/calls"
)

const defaultEndpoint = "http://127.0.0.1:8484"

func callCommand() *cli.Command {
	return &cli.Command{
		Name: "call", Usage: "do a request, or a script of them, on a running program",
		ArgsUsage: "Type/key Method [argument…] | Function [argument…] | get Type/key",
		Description: "An argument is JSON or a bare word, which is read by its parameter's type.\n" +
			"With -f each line of the file is a request with what it is to answer:\n\n" +
			"    User/alice BuyItem 2 pen   => true\n    User/alice Deposit -5      => error Application \"negative\"",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "endpoint", Usage: "`URL` of the program", Value: defaultEndpoint, EnvVars: []string{"SFC_ENDPOINT"}},
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "`script` of requests; - is stdin"},
			&cli.StringFlag{Name: "id", Usage: "the request's `id`: it takes effect once"},
			&cli.StringFlag{Name: "token", Usage: "bearer `token`", EnvVars: []string{"SFC_TOKEN"}},
			formatFlag(),
		},
		Action: func(c *cli.Context) error {
			client := &calls.Client{Endpoint: c.String("endpoint"), Token: c.String("token")}
			if c.IsSet("file") {
				return callScript(c, client)
			}
			return callOne(c, client)
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
	if c.String("format") == "json" {
		if err := writeJSON(c.App.Writer, answerJSON(a)); err != nil {
			return err
		}
	} else if a.Code == "" {
		fmt.Fprintln(c.App.Writer, string(a.Value))
	} else {
		fmt.Fprintf(c.App.ErrWriter, "error %s: %s%s\n", a.Code, a.Error, place(a))
	}
	if a.Code != "" {
		return errReported
	}
	return nil
}

func place(a calls.Answer) string {
	if a.At == "" {
		return ""
	}
	return " (" + a.At + ")"
}

func answerJSON(a calls.Answer) map[string]any {
	m := map[string]any{}
	for name, text := range map[string]string{"id": a.ID, "code": a.Code, "detail": a.Error, "at": a.At} {
		if text != "" {
			m[name] = text
		}
	}
	if a.Code == "" {
		m["result"] = a.Value
	}
	return m
}

func unreachable(client *calls.Client, err error) error {
	if strings.Contains(err.Error(), "connection refused") {
		return fmt.Errorf("nothing answers at %s: start the program with `sfc run`, or name another place with --endpoint", client.Endpoint)
	}
	return err
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
