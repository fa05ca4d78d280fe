// This file is the verb query: read the entities of a running program, all as they are at one moment.

package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/calls"
	"github.com/stateful-entities/sfc/internal/progress"
)

func queryCommand() *cli.Command {
	return &cli.Command{
		Name: "query", Usage: "read the states of a running program's entities, all of one moment",
		ArgsUsage: "'TYPE [KEY] [where EXPR] [limit N] [after KEY]' …",
		Description: "Each argument is one selection; all of them are answered from the same moment, between two requests.\n" +
			"EXPR is in CEL, over the fields of the state:\n\n" +
			"    sfc query 'User where Balance > 10' 'Item where stock == 0 || price > 100 limit 5'\n\n" +
			"A state's fields may be read that no method shows; nothing is changed.",
		Flags: append(endpointFlags(),
			&cli.StringFlag{Name: "format", Usage: "`form` of the output: table, json or csv; a table on a terminal, else json", Action: oneOf("table", "json", "csv")},
		),
		Action: func(c *cli.Context) error {
			selections, err := selectionsOf(c.Args().Slice())
			if err != nil {
				return err
			}
			cl, err := client(c)
			if err != nil {
				return err
			}
			cut, a, err := cl.Query(c.Context, selections)
			if err != nil {
				return unreachable(cl, err)
			}
			format := c.String("format")
			if a.Code != "" {
				return refused(c, a, format == "json")
			}
			if format == "" {
				format = "json"
				if progress.IsTerminal(c.App.Writer) {
					format = "table"
				}
			}
			if err := writeCut(c.App.Writer, cut, format); err != nil {
				return err
			}
			return tellCut(c.App.ErrWriter, cut)
		},
	}
}

func selectionsOf(args []string) ([]calls.Selection, error) {
	if len(args) == 0 {
		return nil, usage("query wants at least one 'TYPE [KEY] [where EXPR] [limit N] [after KEY]'")
	}
	var selections []calls.Selection
	for _, arg := range args {
		if arg == "where" || arg == "limit" || arg == "after" {
			return nil, usage("query: %q stands alone: a selection is one argument, as 'User where Balance > 10'", arg)
		}
		sel, err := calls.ParseSelection(arg)
		if err != nil {
			return nil, usage("query: %q: %v", arg, err)
		}
		selections = append(selections, sel)
	}
	return selections, nil
}

// tellCut says of which moment the answer is, and whether it is all.
func tellCut(to io.Writer, cut *calls.Cut) error {
	n := 0
	for _, f := range cut.Select {
		n += len(f.Entities)
	}
	_, err := fmt.Fprintf(to, "sfc: %d found, after the request at position %d\n", n, cut.Position)
	for _, f := range cut.Select {
		if f.Next != "" {
			fmt.Fprintf(to, "sfc: there may be more of %s: go on with `after %s`\n", f.Type, quoteKey(f.Next))
		}
	}
	return err
}

// quoteKey writes a key as a selection reads it.
func quoteKey(key string) string {
	if strings.ContainsAny(key, " \t\"'[{") || key == "where" || key == "limit" || key == "after" {
		return jsonText(key)
	}
	return key
}

func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func writeCut(to io.Writer, cut *calls.Cut, format string) error {
	if format == "json" {
		return writeJSON(to, cut)
	}
	for i, f := range cut.Select {
		rows, err := rowsOf(f)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(to)
		}
		if format == "csv" {
			w := csv.NewWriter(to)
			if err := w.WriteAll(rows); err != nil {
				return err
			}
			continue
		}
		if err := writeTable(to, rows); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf makes rows of what was found: the names of the columns, then an entity each. The first column, named as the
// type, is the key; the others are the fields in the order in which they come.
func rowsOf(f calls.Found) ([][]string, error) {
	rows := [][]string{{f.Type}}
	for _, e := range f.Entities {
		fields, err := fieldsOf(e.State)
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", f.Type, e.Key, err)
		}
		row := []string{e.Key}
		for _, field := range fields {
			at := slices.Index(rows[0][1:], field.name) + 1
			if at == 0 {
				rows[0], at = append(rows[0], field.name), len(rows[0])
			}
			for len(row) <= at {
				row = append(row, "")
			}
			row[at] = field.text
		}
		rows = append(rows, row)
	}
	for i := range rows {
		for len(rows[i]) < len(rows[0]) {
			rows[i] = append(rows[i], "")
		}
	}
	return rows, nil
}

// field is one field of a state, as a cell of a table shows it: texts bare, everything else as JSON.
type field struct{ name, text string }

// fieldsOf reads the fields of a JSON object in their order.
func fieldsOf(state json.RawMessage) ([]field, error) {
	d := json.NewDecoder(bytes.NewReader(state))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, fmt.Errorf("want a state, got %.100s", state)
	}
	var fields []field
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		f := field{fmt.Sprint(name), string(value)}
		if value[0] == '"' {
			if err := json.Unmarshal(value, &f.text); err != nil {
				return nil, err
			}
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// controls replaces what would break the lines of a table.
var controls = strings.NewReplacer("\n", `\n`, "\t", `\t`, "\r", `\r`, "\x1b", `\x1b`)

func writeTable(to io.Writer, rows [][]string) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = controls.Replace(cell)
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return w.Flush()
}
