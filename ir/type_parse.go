// This file reads the one-line text form of types.

package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// maxTypeDepth bounds the nesting of a type expression, so that no text exhausts the stack.
const maxTypeDepth = 64

// typeWords are the words of the type syntax that are not basic types.
var typeWords = []string{"list", "array", "map", "ptr", "ref", "func"}

// ReservedTypeName says whether a name is a word of the type syntax ("list", "time", …), so that no declared type may
// have it as its Name. A frontend qualifies such a type by its package (`shop.list`) and sets Local to the plain name.
func ReservedTypeName(name string) bool {
	if _, ok := basics[name]; ok {
		return true
	}
	for _, w := range typeWords {
		if w == name {
			return true
		}
	}
	return false
}

// ParseType reads the text form of a type, as Type.String writes it. Whether the names in it are declared is not its
// business.
func ParseType(s string) (*Type, error) {
	p := typeParser{rest: s}
	t, err := p.parse(0)
	if err == nil && p.next() != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err != nil {
		return nil, fmt.Errorf("type %q: %w", s, err)
	}
	return t, nil
}

// typeParser reads a type from the front of rest.
type typeParser struct{ rest string }

// next skips spaces and gives what is left.
func (p *typeParser) next() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	return p.rest
}

// accept consumes a fixed text if it comes next.
func (p *typeParser) accept(text string) bool {
	if !strings.HasPrefix(p.next(), text) {
		return false
	}
	p.rest = p.rest[len(text):]
	return true
}

// word consumes a name: everything up to a space, comma or parenthesis that is not inside brackets.
func (p *typeParser) word() (string, error) {
	s, depth := p.next(), 0
	end := len(s)
loop:
	for i, r := range s {
		switch {
		case r == '[':
			depth++
		case r == ']':
			if depth--; depth < 0 {
				return "", fmt.Errorf("unexpected %q", s[i:])
			}
		case r < ' ' || r == 0x7f || r == '\ufffd':
			return "", fmt.Errorf("control or invalid character in %q", s)
		case depth == 0 && strings.ContainsRune(" ,()", r):
			end = i
			break loop
		}
	}
	if depth != 0 {
		return "", fmt.Errorf("unclosed bracket in %q", s)
	}
	if end == 0 {
		return "", fmt.Errorf("a type is missing before %q", s)
	}
	p.rest = s[end:]
	return s[:end], nil
}

func (p *typeParser) parse(depth int) (*Type, error) {
	if depth > maxTypeDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxTypeDepth)
	}
	if p.accept("func(") {
		return p.parseFunc(depth)
	}
	w, err := p.word()
	if err != nil {
		return nil, err
	}
	switch w {
	case "list":
		elem, err := p.parse(depth + 1)
		return ListType(elem), err
	case "ptr":
		elem, err := p.parse(depth + 1)
		return PtrType(elem), err
	case "array":
		return p.parseArray(depth)
	case "map":
		key, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		elem, err := p.parse(depth + 1)
		return MapType(key, elem), err
	case "ref":
		name, err := p.word()
		return RefType(name), err
	case "func":
		return nil, fmt.Errorf("func needs its parameters at once: func(…)")
	}
	if k, ok := basics[w]; ok {
		return Basic(k), nil
	}
	if IsHostName(w) {
		return HostType(w), nil
	}
	return NamedType(w), nil
}

func (p *typeParser) parseArray(depth int) (*Type, error) {
	w, err := p.word()
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(w, 10, 31)
	if err != nil || strconv.FormatUint(n, 10) != w {
		return nil, fmt.Errorf("array length %q is not a number below 2^31", w)
	}
	elem, err := p.parse(depth + 1)
	return ArrayType(int(n), elem), err
}

func (p *typeParser) parseFunc(depth int) (*Type, error) {
	t := &Type{Kind: FuncKind}
	for !p.accept(")") {
		if t.Variadic {
			return nil, fmt.Errorf("parameter after ...")
		}
		if len(t.Params) > 0 && !p.accept(",") {
			return nil, fmt.Errorf("unexpected %q", p.rest)
		}
		t.Variadic = p.accept("...")
		param, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		if t.Variadic {
			param = ListType(param)
		}
		t.Params = append(t.Params, param)
	}
	if !p.accept("(") {
		return t, nil
	}
	for len(t.Results) == 0 || !p.accept(")") {
		if len(t.Results) > 0 && !p.accept(",") {
			return nil, fmt.Errorf("unexpected %q", p.rest)
		}
		r, err := p.parse(depth + 1)
		if err != nil {
			return nil, err
		}
		t.Results = append(t.Results, r)
	}
	return t, nil
}
