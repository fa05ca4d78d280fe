// This file is the verb graph: pictures of a program, as Mermaid or DOT text.

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/ir"
)

func graphCommand() *cli.Command {
	return &cli.Command{
		Name: "graph", Usage: "draw the operators with their edges, or one method's state machine", ArgsUsage: "[package | file.yaml]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "method", Usage: "draw the state machine of this `function`, as User.BuyItem"},
			&cli.StringFlag{Name: "format", Usage: "`form` of the picture: mermaid or dot", Value: "mermaid", Action: oneOf("mermaid", "dot")},
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
			g := operators(s.program)
			if name := c.String("method"); name != "" {
				f := s.program.Func(name)
				if f == nil {
					return usage("the program has no function %q%s", name, didYouMean(name, funcNames(s.program)))
				}
				g = stateMachine(f)
			}
			return g.write(c.App.Writer, c.String("format"))
		},
	}
}

func funcNames(p *ir.Program) []string {
	var names []string
	for _, f := range p.Funcs {
		names = append(names, f.Name)
	}
	return names
}

// graph is a directed graph with texts.
type graph struct {
	name  string
	nodes []node
	edges []edge
}

type node struct {
	id, text string
	round    bool // an operator, or a state; else a plain function or a block
}

type edge struct {
	from, to string // ids
	text     string
}

// operators draws the dataflow: an operator per entity type, the free functions that call them, and what is called.
func operators(p *ir.Program) graph {
	g := graph{name: p.Name}
	known := map[string]bool{}
	add := func(name string, round bool) {
		if !known[name] {
			known[name] = true
			g.nodes = append(g.nodes, node{name, name, round})
		}
	}
	for _, e := range p.Entities {
		add(e.Name, true)
	}
	for _, e := range ir.Analyze(p).Edges {
		add(e.From, false)
		add(e.To, false)
		i := slices.IndexFunc(g.edges, func(x edge) bool { return x.from == e.From && x.to == e.To })
		if i < 0 {
			g.edges = append(g.edges, edge{e.From, e.To, e.Method})
			continue
		}
		g.edges[i].text += ", " + e.Method
	}
	return g
}

// stateMachine draws a function's blocks. Those that follow a split point are the states in which it waits for another
// entity; the edge to one names the call it waits for.
func stateMachine(f *ir.Func) graph {
	g := graph{name: f.Name}
	waits := map[string]bool{}
	for _, b := range f.Blocks {
		if ir.IsSplit(b.End) {
			for _, to := range ir.Successors(b.End) {
				waits[to] = true
			}
		}
	}
	for i, b := range f.Blocks {
		g.nodes = append(g.nodes, node{b.Name, blockText(b), i == 0 || waits[b.Name]})
		for n, to := range ir.Successors(b.End) {
			g.edges = append(g.edges, edge{b.Name, to, edgeText(b.End, n)})
		}
		if b.Unwind != nil {
			g.edges = append(g.edges, edge{b.Name, b.Unwind.To, "panic"})
		}
	}
	return g
}

func blockText(b *ir.Block) string {
	lines := []string{b.Name}
	for _, i := range b.Do {
		lines = append(lines, ir.InstrText(i))
	}
	switch b.End.(type) {
	case *ir.Return, *ir.Panic, *ir.Repanic, *ir.If, *ir.Switch:
		lines = append(lines, ir.TermText(b.End))
	}
	return strings.Join(lines, "\n")
}

func edgeText(t ir.Term, n int) string {
	switch t := t.(type) {
	case *ir.If:
		return []string{"true", "false"}[n%2]
	case *ir.Switch:
		if n < len(t.Cases) {
			return ir.ExprText(t.Cases[n].Is)
		}
		return "default"
	case *ir.Invoke:
		return "invoke " + t.Method
	case *ir.Create:
		return "create"
	case *ir.Destroy:
		return "delete"
	case *ir.Exists:
		return "exists"
	}
	return ""
}

func (g graph) write(w io.Writer, format string) error {
	text := g.mermaid()
	if format == "dot" {
		text = g.dot()
	}
	_, err := io.WriteString(w, text)
	return err
}

// mermaid gives Mermaid text. Ids are numbered: names of functions hold characters that Mermaid does not take.
func (g graph) mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := map[string]string{}
	for i, n := range g.nodes {
		ids[n.id] = fmt.Sprintf("n%d", i)
		left, right := "[", "]"
		if n.round {
			left, right = "([", "])"
		}
		fmt.Fprintf(&b, "    n%d%s\"%s\"%s\n", i, left, mermaidText(n.text), right)
	}
	for _, e := range g.edges {
		arrow := " --> "
		if e.text != "" {
			arrow = ` -->|"` + mermaidText(e.text) + `"| `
		}
		fmt.Fprintf(&b, "    %s%s%s\n", ids[e.from], arrow, ids[e.to])
	}
	return b.String()
}

func mermaidText(s string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;", "\n", "<br>").Replace(s)
}

// dot gives Graphviz text.
func (g graph) dot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(g.name))
	for _, n := range g.nodes {
		shape := "box"
		if n.round {
			shape = "ellipse"
		}
		fmt.Fprintf(&b, "    %s [shape=%s, label=%s];\n", dotText(n.id), shape, dotText(n.text))
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "    %s -> %s [label=%s];\n", dotText(e.from), dotText(e.to), dotText(e.text))
	}
	b.WriteString("}\n")
	return b.String()
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\l`).Replace(s) + `"`
}
