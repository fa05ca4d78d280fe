// This file is what the verbs share that talk to a running program.

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/calls"
)

const defaultEndpoint = "http://127.0.0.1:8484"

// endpointFlags say which program is meant, and who asks.
func endpointFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "endpoint", Usage: "`URL` of the program", Value: defaultEndpoint, EnvVars: []string{"SFC_ENDPOINT"}},
		&cli.StringFlag{Name: "token", Usage: "bearer `token`", EnvVars: []string{"SFC_TOKEN"}},
		&cli.StringFlag{Name: "token-file", Usage: "`file` whose first line is the bearer token"},
	}
}

func client(c *cli.Context) (*calls.Client, error) {
	cl := &calls.Client{Endpoint: c.String("endpoint"), Token: c.String("token")}
	if !c.IsSet("token-file") {
		return cl, nil
	}
	var err error
	cl.Token, err = readToken(c.String("token-file"))
	return cl, err
}

// unreachable says what to do when nothing answers.
func unreachable(client *calls.Client, err error) error {
	if strings.Contains(err.Error(), "connection refused") {
		return fmt.Errorf("nothing answers at %s: start the program with `sfc run`, or name another place with --endpoint", client.Endpoint)
	}
	return err
}

// refused writes an error answer for people, or as JSON.
func refused(c *cli.Context, a calls.Answer, asJSON bool) error {
	if asJSON {
		if err := writeJSON(c.App.Writer, answerJSON(a)); err != nil {
			return err
		}
		return errReported
	}
	fmt.Fprintf(c.App.ErrWriter, "error %s: %s%s\n", a.Code, a.Error, place(a))
	return errReported
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
