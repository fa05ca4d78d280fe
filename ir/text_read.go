// This file reads YAML and JSON into a tree of mappings that knows where each piece stood.

package ir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// readText reads a file's text: by its name as JSON or YAML, else as JSON if it begins with a brace.
func readText(data []byte, filename string) (*node, *Problem) {
	if !utf8.Valid(data) {
		return nil, &Problem{File: filename, Line: 1 + bytes.Count(validPrefix(data), []byte("\n")), Col: 1, Message: "the text is not UTF-8"}
	}
	switch filepath.Ext(filename) {
	case ".json":
		return readJSON(data, filename)
	case ".yaml", ".yml":
		return readYAML(data, filename)
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return readJSON(data, filename)
	}
	return readYAML(data, filename)
}

func validPrefix(data []byte) []byte {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return data[:i]
		}
		i += n
	}
	return data
}

// readYAML reads one document. Scalars are taken by the tag that YAML gives them, never turned into values; anchors,
// aliases and tags of the writer's own have no place in a program.
func readYAML(data []byte, filename string) (*node, *Problem) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Problem{File: filename, Line: 1, Col: 1, Message: "the file is empty"}
		}
		return nil, yamlProblem(err, filename)
	}
	var more yaml.Node
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, &Problem{File: filename, Line: more.Line, Col: more.Column, Message: "a second document: a file holds one program"}
	case !errors.Is(err, io.EOF):
		return nil, yamlProblem(err, filename)
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, &Problem{File: filename, Line: 1, Col: 1, Message: "the file is empty"}
	}
	return fromYAML(doc.Content[0], filename, 0)
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// yamlProblem takes the line out of the reader's message.
func yamlProblem(err error, filename string) *Problem {
	p := &Problem{File: filename, Line: 1, Col: 1, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		fmt.Sscan(m[1], &p.Line)
		p.Message = strings.TrimPrefix(err.Error(), m[0])
	}
	return p
}

func fromYAML(y *yaml.Node, filename string, depth int) (*node, *Problem) {
	n := &node{pos: position{y.Line, y.Column}}
	bad := func(format string, args ...any) (*node, *Problem) {
		return nil, &Problem{File: filename, Line: y.Line, Col: y.Column, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case depth > maxTreeDepth:
		return bad("nested deeper than %d", maxTreeDepth)
	case y.Kind == yaml.AliasNode || y.Anchor != "":
		return bad("anchors and aliases are not part of the format")
	case y.Style&yaml.TaggedStyle != 0:
		return bad("tags are not part of the format")
	}
	switch y.Kind {
	case yaml.SequenceNode:
		n.kind = listNode
		for _, c := range y.Content {
			item, err := fromYAML(c, filename, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case yaml.MappingNode:
		n.kind = mapNode
		for i := 0; i+1 < len(y.Content); i += 2 {
			key, err := fromYAML(y.Content[i], filename, depth+1)
			if err != nil {
				return nil, err
			}
			item, err := fromYAML(y.Content[i+1], filename, depth+1)
			if err != nil {
				return nil, err
			}
			n.keys, n.items = append(n.keys, key), append(n.items, item)
		}
		return n, nil
	case yaml.ScalarNode:
		n.text = y.Value
		switch y.Tag {
		case "!!str":
			n.kind = textNode
		case "!!int", "!!float":
			n.kind = numberNode
		case "!!bool":
			n.kind = boolNode
		case "!!null":
			n.kind = nullNode
		default:
			return bad("%q is read as %s: quote it", y.Value, strings.TrimPrefix(y.Tag, "!!"))
		}
		return n, nil
	}
	return bad("unknown piece of YAML")
}

// jsonReader reads JSON by tokens, so that it sees positions and duplicate keys.
type jsonReader struct {
	data     []byte
	filename string
	dec      *json.Decoder
	seen     int      // up to here pos has counted
	pos      position // of seen
}

func readJSON(data []byte, filename string) (*node, *Problem) {
	r := &jsonReader{data: data, filename: filename, dec: json.NewDecoder(bytes.NewReader(data)), pos: position{1, 1}}
	r.dec.UseNumber()
	n, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, _, err := r.token(); err == nil || !strings.HasPrefix(err.Message, "the text ends") {
		return nil, r.problem("text after the program")
	}
	return n, nil
}

func (r *jsonReader) problem(format string, args ...any) *Problem {
	return &Problem{File: r.filename, Line: r.pos.line, Col: r.pos.col, Message: fmt.Sprintf(format, args...)}
}

// advance moves the position to an offset.
func (r *jsonReader) advance(to int) {
	for ; r.seen < to && r.seen < len(r.data); r.seen++ {
		if r.data[r.seen] == '\n' {
			r.pos = position{r.pos.line + 1, 1}
		} else if utf8.RuneStart(r.data[r.seen]) {
			r.pos.col++
		}
	}
}

// token reads the next token, and moves the position to its start.
func (r *jsonReader) token() (json.Token, position, *Problem) {
	start := int(r.dec.InputOffset())
	tok, err := r.dec.Token()
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	r.advance(start)
	if errors.Is(err, io.EOF) {
		return nil, r.pos, r.problem("the text ends too early")
	}
	if err != nil {
		return nil, r.pos, r.problem("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if s, ok := tok.(string); ok && strings.ContainsRune(s, utf8.RuneError) && loneSurrogate(r.data[start:r.dec.InputOffset()]) {
		return nil, r.pos, r.problem("a string holds half a surrogate pair")
	}
	return tok, r.pos, nil
}

var surrogate = regexp.MustCompile(`\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})`)

// loneSurrogate says whether the raw text of a JSON string has a \u escape that is half a character; the library would
// replace it silently.
func loneSurrogate(raw []byte) bool {
	for _, m := range surrogate.FindAllSubmatch(raw, -1) {
		if len(m[1]) > 0 {
			return true
		}
	}
	return false
}

func (r *jsonReader) value(depth int) (*node, *Problem) {
	tok, pos, err := r.token()
	if err != nil {
		return nil, err
	}
	if depth > maxTreeDepth {
		return nil, r.problem("nested deeper than %d", maxTreeDepth)
	}
	n := &node{pos: pos}
	switch tok := tok.(type) {
	case string:
		n.kind, n.text = textNode, tok
	case json.Number:
		n.kind, n.text = numberNode, tok.String()
	case bool:
		n.kind, n.text = boolNode, fmt.Sprint(tok)
	case json.Delim:
		return r.composite(n, tok, depth)
	}
	return n, nil
}

// composite reads the rest of an object or array.
func (r *jsonReader) composite(n *node, open json.Delim, depth int) (*node, *Problem) {
	n.kind = listNode
	if open == '{' {
		n.kind = mapNode
	}
	for r.dec.More() {
		if n.kind == mapNode {
			tok, pos, err := r.token()
			if err != nil {
				return nil, err
			}
			key, _ := tok.(string) // the library accepts nothing else here
			n.keys = append(n.keys, &node{kind: textNode, text: key, pos: pos})
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, _, err := r.token()
	return n, err
}
