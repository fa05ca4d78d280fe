// This file writes a tree of mappings as YAML or JSON: the same layout, with other quotes.

package ir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// width is how long a line may get before a node that need not be on one line is broken up.
const width = 120

// writer writes one syntax.
type writer struct {
	b       *bytes.Buffer
	quote   func(string) string
	json    bool
	written map[*node]string // nodes on one line
}

func writeYAML(n *node) []byte {
	w := &writer{b: &bytes.Buffer{}, quote: quoteYAML, written: map[*node]string{}}
	w.block(n, 0)
	return w.b.Bytes()
}

func writeJSON(n *node) []byte {
	w := &writer{b: &bytes.Buffer{}, quote: quoteJSON, json: true, written: map[*node]string{}}
	w.broken(n, 0)
	w.b.WriteByte('\n')
	return w.b.Bytes()
}

func (w *writer) key(k *node) string {
	if k.word && !w.json {
		return k.text
	}
	return w.quote(k.text)
}

// oneLine gives a node on one line.
func (w *writer) oneLine(n *node) string {
	if s, ok := w.written[n]; ok {
		return s
	}
	var b strings.Builder
	switch n.kind {
	case nullNode:
		b.WriteString("null")
	case textNode:
		b.WriteString(w.quote(n.text))
	case numberNode, boolNode:
		b.WriteString(n.text)
	case listNode:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(w.oneLine(item))
		}
		b.WriteByte(']')
	case mapNode:
		b.WriteByte('{')
		for i, item := range n.items {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(w.key(n.keys[i]) + ": " + w.oneLine(item))
		}
		b.WriteByte('}')
	}
	w.written[n] = b.String()
	return b.String()
}

// breaks says whether a node is written on several lines, where used columns of the first one are taken.
func (w *writer) breaks(n *node, used int) bool {
	if len(n.items) == 0 || n.layout == line {
		return false
	}
	return w.mustBreak(n) || (w.json || n.kind == mapNode) && used+len(w.oneLine(n)) > width
}

// mustBreak says whether something in a node wants lines of its own.
func (w *writer) mustBreak(n *node) bool {
	if n.layout == line || len(n.items) == 0 {
		return false
	}
	if n.layout == lines {
		return true
	}
	for _, item := range n.items {
		if w.mustBreak(item) {
			return true
		}
	}
	return false
}

// block writes a YAML mapping or list with one item a line, at an indentation.
func (w *writer) block(n *node, indent int) {
	pad := strings.Repeat(" ", indent)
	for i, item := range n.items {
		head := pad + "- "
		if n.kind == mapNode {
			head = pad + w.key(n.keys[i]) + ":"
		}
		switch {
		case n.kind == listNode:
			fmt.Fprintf(w.b, "%s%s\n", head, w.oneLine(item))
		case w.breaks(item, len(head)+1):
			fmt.Fprintf(w.b, "%s\n", head)
			w.block(item, indent+2)
		default:
			fmt.Fprintf(w.b, "%s %s\n", head, w.oneLine(item))
		}
	}
}

// broken writes JSON, on several lines where it breaks.
func (w *writer) broken(n *node, indent int) {
	if !w.breaks(n, indent) {
		w.b.WriteString(w.oneLine(n))
		return
	}
	open, end := "[", "]"
	if n.kind == mapNode {
		open, end = "{", "}"
	}
	pad := strings.Repeat(" ", indent)
	w.b.WriteString(open + "\n")
	for i, item := range n.items {
		w.b.WriteString(pad + "  ")
		if n.kind == mapNode {
			w.b.WriteString(w.key(n.keys[i]) + ": ")
		}
		w.broken(item, indent+2)
		if i < len(n.items)-1 {
			w.b.WriteByte(',')
		}
		w.b.WriteByte('\n')
	}
	w.b.WriteString(pad + end)
}

// plainYAML is text that every YAML reader takes as a string without quotes, inside [] and {} too.
var plainYAML = regexp.MustCompile(`^[A-Za-z_$/][A-Za-z0-9_$./:()*+-]*( [A-Za-z0-9_$./()][A-Za-z0-9_$./:()*+-]*)*$`)

// notPlain are words that some YAML reader takes for something else.
var notPlain = regexp.MustCompile(`^(?i:yes|no|on|off|true|false|null|nan|inf|infinity)$|:( |$)`)

func quoteYAML(s string) string {
	if plainYAML.MatchString(s) && !notPlain.MatchString(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\ufffd' || !unicode.IsPrint(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteJSON(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string can always be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}
