// This file defines the shape of a program's text: what the struct tags say, and the tree of mappings between text and
// program.

package ir

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Limits of nesting: what Decode reads and Verify accepts.
const (
	maxExprDepth = 1000
	maxTreeDepth = 2*maxExprDepth + 50
)

// shape is what the tags of a struct type say about its text.
type shape struct {
	name   string // of the Go type
	typ    reflect.Type
	fields []*fieldShape
	op     *fieldShape // the operation, if it is an instruction, terminator or expression
	key    *fieldShape // what a keyed list or a pair writes before the rest
	short  *fieldShape // what may stand for the whole rest
}

// fieldShape is one key.
type fieldShape struct {
	name   string
	index  int
	typ    reflect.Type
	opt    bool // may be absent: the zero value
	keyed  bool // a list written as a mapping
	pairs  bool // a list written as a list of mappings with one key each
	inline bool // key or sole rest: not written under its own name
	local  bool // names locals
	block  bool // names a block
}

// The nodes whose text is given by tags.
var (
	instrNodes = []Instr{&Set{}, &NewCell{}, &Eval{}, &Call{}, &CallFace{}, &CallFunc{}, &CallExtern{}, &Append{}, &Copy{}, &Clear{},
		&MapSet{}, &MapGet{}, &MapDel{}, &Keys{}, &Assert{}, &New{}, &MakeList{}, &List{}, &ListOf{}, &MakeMap{}, &Closure{}, &Recover{}, &Print{}}
	termNodes = []Term{&Jump{}, &If{}, &Switch{}, &Return{}, &Panic{}, &Repanic{}, &Invoke{}, &Create{}, &Destroy{}, &Exists{}, &Unreachable{}}
	exprNodes = []Expr{&Nil{}, &Zero{}, &Global{}, &FuncVal{}, &Slice{}, &Len{}, &Cap{}, &Deref{}, &Addr{}, &Convert{}, &Box{}, &IsNil{},
		&StructLit{}, &ArrayLit{}, &RefTo{}, &KeyOf{}, &Request{}, &Panicking{}}
)

// The expressions with a text of their own: names (a bare string), literals (`{int: 7}`; `{lit: 7, as: T}` where the
// type's text is an operation), operators and selectors.
var (
	unaryOps  = []string{"neg", "not", "inv"}
	binaryOps = []string{"add", "sub", "mul", "div", "rem", "and", "or", "xor", "andnot", "shl", "shr",
		"eq", "ne", "lt", "le", "gt", "ge", "land", "lor"}
	selectorOps = []string{"field", "index"}
)

const litOp = "lit"

// bytesKey marks a string that is no UTF-8: `{b64: …}`.
const bytesKey = "b64"

var (
	shapes     = map[reflect.Type]*shape{}
	instrTable = nodeTable(instrNodes)
	termTable  = nodeTable(termNodes)
	exprTable  = nodeTable(exprNodes)
	declared   = addShape(shapes, reflect.TypeFor[Program]())
)

// nodeTable gives the shapes of node types by operation.
func nodeTable[N any](nodes []N) map[string]*shape {
	table := map[string]*shape{}
	for _, n := range nodes {
		sh := addShape(shapes, reflect.TypeOf(n).Elem())
		table[sh.op.name] = sh
	}
	return table
}

// isExprOp says whether a key is an operation of an expression.
func isExprOp(key string) bool {
	return exprTable[key] != nil || key == litOp || slices.Contains(selectorOps, key) ||
		slices.Contains(unaryOps, key) || slices.Contains(binaryOps, key)
}

// isExprKey says whether a key has a meaning in expressions, as an operation or beside one. The literals of a type of
// that name are written by way of lit.
func isExprKey(key string) bool {
	for _, sh := range exprTable {
		if sh.field(key) != nil {
			return true
		}
	}
	return isExprOp(key)
}

// addShape reads the tags of a struct type, and of those that it holds.
func addShape(known map[reflect.Type]*shape, t reflect.Type) *shape {
	if sh := known[t]; sh != nil {
		return sh
	}
	sh := &shape{name: t.Name(), typ: t}
	known[t] = sh
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("ir")
		if !ok {
			continue
		}
		words := strings.Split(tag, ",")
		has := func(w string) bool { return slices.Contains(words[1:], w) }
		f := &fieldShape{name: words[0], index: i, typ: t.Field(i).Type, opt: has("opt"), keyed: has("keyed"), pairs: has("pairs"),
			local: has("local"), block: has("block")}
		switch {
		case has("op"):
			sh.op = f
		case has("key"):
			sh.key = f
			f.inline = true
		case has("short"):
			sh.short = f
		}
		sh.fields = append(sh.fields, f)
		if elem, ok := structOf(f.typ); ok && elem != reflect.TypeFor[Lit]() {
			addShape(known, elem)
		}
	}
	if sh.key != nil && len(sh.fields) == 2 {
		sh.fields[1].inline = true
	}
	return sh
}

// structOf gives the struct type that a field holds, alone or in a list, and whether it is one that tags describe.
func structOf(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Pointer || t == reflect.TypeFor[*Type]() {
		return nil, false
	}
	return t.Elem(), true
}

// sole gives the one field besides the key, if there is but one: what the name maps to is its value.
func (sh *shape) sole() *fieldShape {
	if sh.key != nil && len(sh.fields) == 2 {
		return sh.fields[1]
	}
	return nil
}

// field gives the field that is written under a name, or nil.
func (sh *shape) field(name string) *fieldShape {
	for _, f := range sh.fields {
		if f.name == name && !f.inline {
			return f
		}
	}
	return nil
}

// nodeKind is a kind of text.
type nodeKind uint8

const (
	nullNode nodeKind = iota
	textNode
	numberNode
	boolNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"null", "a string", "a number", "a boolean", "a list", "a mapping"}[k]
}

// layout says how a node wants to be written.
type layout uint8

const (
	fit   layout = iota // on one line if that is short
	lines               // one line for each item
	line                // on one line
)

// node is a piece of text: what lies between the syntax (YAML, JSON) and the program.
type node struct {
	kind   nodeKind
	text   string  // of a scalar, as it is meant: without quotes
	keys   []*node // of a mapping
	items  []*node // of a mapping or a list
	layout layout
	word   bool // a key of the format: never quoted in YAML
	pos    position
}

// position is a place in a file, from 1.
type position struct{ line, col int }

func text(s string) *node { return &node{kind: textNode, text: s} }

// put adds a key of the format to a mapping.
func (n *node) put(key string, item *node) {
	n.putName(key, item)
	n.keys[len(n.keys)-1].word = true
}

// putName adds a key that the program names.
func (n *node) putName(key string, item *node) {
	n.keys = append(n.keys, text(key))
	n.items = append(n.items, item)
}

// get gives the value of a mapping's key, or nil.
func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k.text == key {
			return n.items[i]
		}
	}
	return nil
}

// Problem is something wrong with a program: where, in the file it was read from (if it was) and in the program, and what.
type Problem struct {
	File      string // of the program's text
	Line, Col int    // in it, from 1; 0 if it was not read from a text
	Where     string // "function User.BuyItem, block b1, instruction 2 (shop.go:41)"
	Message   string
}

// Error gives `file:line:col: where: message`, without what is unknown.
func (e *Problem) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Col)
	} else if e.File != "" {
		fmt.Fprintf(&b, "%s: ", e.File)
	}
	if e.Where != "" {
		b.WriteString(e.Where + ": ")
	}
	return b.String() + e.Message
}

// Problems are all errors found at once, in the order of the program.
type Problems []*Problem

// Error gives one error a line.
func (es Problems) Error() string {
	var b strings.Builder
	for i, e := range es {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// maxErrors is how many problems are collected before giving up.
const maxErrors = 50
