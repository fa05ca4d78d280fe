// This file turns the tree of mappings that YAML and JSON carry into a program.

package ir

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Decode reads the text of a program, as Encode writes it: JSON if the file's name says so or the text begins with a
// brace, else YAML. It checks the shape alone (unknown, missing, duplicate and ill-typed keys, literals); Verify checks
// the program. An error is of type Problems, each with its place in the file.
func Decode(data []byte, filename string) (*Program, error) {
	root, problem := readText(data, filename)
	if problem != nil {
		return nil, Problems{problem}
	}
	d := &decoder{file: filename, p: &Program{positions: map[any]position{}, source: filename}}
	if d.version(root) {
		d.program(root)
	}
	if len(d.errs) > 0 {
		slices.SortStableFunc(d.errs, func(a, b *Problem) int { return (a.Line-b.Line)<<16 + a.Col - b.Col })
		return nil, d.errs
	}
	return d.p, nil
}

// decoder fills in a program and collects what is wrong with its text.
type decoder struct {
	file  string
	p     *Program
	where place
	depth int
	errs  Problems
}

func (d *decoder) fail(n *node, format string, args ...any) {
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, &Problem{File: d.file, Line: n.pos.line, Col: n.pos.col, Where: d.where.String(), Message: fmt.Sprintf(format, args...)})
	}
}

// is checks what kind of text stands at a place.
func (d *decoder) is(n *node, kind nodeKind, what string) bool {
	if n.kind == kind {
		return true
	}
	hint := ""
	if kind == textNode && len(n.items) == 0 {
		hint = ": quote it"
	}
	d.fail(n, "%s is %s here, not %s%s", what, kind, n.kind, hint)
	return false
}

// version checks the format before anything else, so that a later one is not read wrongly.
func (d *decoder) version(root *node) bool {
	if !d.is(root, mapNode, "a program") {
		return false
	}
	v := root.get("ir")
	switch {
	case v == nil:
		d.fail(root, "missing key \"ir\": %s", Version)
	case v.kind != textNode || v.text != Version:
		d.fail(v, "format %q is not known: this sfc reads %s", v.text, Version)
	}
	return len(d.errs) == 0
}

// program reads the types first: literals are read by them.
func (d *decoder) program(root *node) {
	types := root.get("types")
	v := reflect.ValueOf(d.p).Elem()
	f := declared.field("types")
	if types != nil {
		d.value(v.Field(f.index), f, types)
	}
	d.fields(v, declared, root, "a program", func(name string) bool { return name == "types" })
}

// fields reads a mapping into a struct. The caller has seen to the fields that done names.
func (d *decoder) fields(v reflect.Value, sh *shape, n *node, what string, done func(string) bool) {
	if !d.is(n, mapNode, what) {
		return
	}
	seen := map[string]bool{}
	for i, k := range n.keys {
		if !d.is(k, textNode, "a key") {
			continue
		}
		f := sh.field(k.text)
		switch {
		case f == nil:
			d.fail(k, "unknown key %q in %s (known: %s)", k.text, what, sh.known())
		case seen[k.text]:
			d.fail(k, "key %q stands twice in %s", k.text, what)
		case !done(k.text):
			d.value(v.Field(f.index), f, n.items[i])
		}
		seen[k.text] = true
	}
	for _, f := range sh.fields {
		if !f.opt && !f.inline && !seen[f.name] {
			d.fail(n, "missing key %q in %s", f.name, what)
		}
	}
}

// known lists the keys of a mapping.
func (sh *shape) known() string {
	var names []string
	for _, f := range sh.fields {
		if !f.inline {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

func nothingDone(string) bool { return false }

// value reads the value of a field.
func (d *decoder) value(v reflect.Value, f *fieldShape, n *node) {
	switch v.Addr().Interface().(type) {
	case **Type:
		setPointer(v, d.typ(n, f.name))
		return
	case **Lit:
		x := d.expr(n)
		if l, ok := x.(*Lit); ok {
			v.Set(reflect.ValueOf(l))
		} else if x != nil {
			d.fail(n, "%s is a literal here", f.name)
		}
		return
	case *Expr:
		if x := d.expr(n); x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return
	case *Term:
		d.where.end = true
		d.operation(v, n, termTable, "a terminator")
		d.where.end = false
		return
	case *[]Instr:
		d.instrs(v, n)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if d.is(n, textNode, f.name) {
			v.SetString(n.text)
		}
	case reflect.Int:
		number := d.int(n, f.name)
		if f.name == "at" && number < 0 {
			d.fail(n, "at is a line, not %d", number)
		}
		v.SetInt(int64(number))
	case reflect.Bool:
		if d.is(n, boolNode, f.name) && d.boolean(n) {
			v.SetBool(n.text == "true")
		}
	case reflect.Pointer:
		x := reflect.New(f.typ.Elem())
		d.fields(x.Elem(), shapes[f.typ.Elem()], n, f.name, nothingDone)
		v.Set(x)
	case reflect.Slice:
		d.list(v, f, n)
	}
}

func setPointer(v reflect.Value, t *Type) {
	if t != nil {
		v.Set(reflect.ValueOf(t))
	}
}

func (d *decoder) list(v reflect.Value, f *fieldShape, n *node) {
	switch {
	case f.keyed:
		d.keyed(v, f, n)
		return
	case !d.is(n, listNode, f.name):
		return
	case f.pairs:
		d.pairs(v, f, n)
		return
	}
	elem := &fieldShape{name: "an element of " + f.name, typ: f.typ.Elem()}
	for _, item := range n.items {
		x := reflect.New(f.typ.Elem()).Elem()
		d.value(x, elem, item)
		v.Set(reflect.Append(v, x))
	}
}

// keyed reads a mapping from names into a list of declarations.
func (d *decoder) keyed(v reflect.Value, f *fieldShape, n *node) {
	if !d.is(n, mapNode, f.name) {
		return
	}
	seen := map[string]bool{}
	for i, k := range n.keys {
		if !d.is(k, textNode, "a key") {
			continue
		}
		if seen[k.text] {
			d.fail(k, "key %q stands twice in %s", k.text, f.name)
			continue
		}
		seen[k.text] = true
		d.entry(v, f, k.text, k, n.items[i])
	}
}

// pairs reads a list of mappings with one name each; a string alone is the short form of what is called "_".
func (d *decoder) pairs(v reflect.Value, f *fieldShape, n *node) {
	for _, item := range n.items {
		switch {
		case item.kind == textNode:
			d.entry(v, f, "_", item, item)
		case !d.is(item, mapNode, "an element of "+f.name):
		case len(item.keys) != 1:
			d.fail(item, "an element of %s has one key, its name, not %d", f.name, len(item.keys))
		case d.is(item.keys[0], textNode, "a key"):
			d.entry(v, f, item.keys[0].text, item.keys[0], item.items[0])
		}
	}
}

// entry reads one declaration of a given name and appends it to a list.
func (d *decoder) entry(list reflect.Value, f *fieldShape, name string, key, n *node) {
	sh := shapes[f.typ.Elem().Elem()]
	x := reflect.New(sh.typ)
	x.Elem().Field(sh.key.index).SetString(name)
	d.p.positions[x.Interface()] = key.pos
	defer d.where.enter(x.Interface())()
	sole := sh.sole()
	switch {
	case sole != nil:
		d.value(x.Elem().Field(sole.index), sole, n)
	case sh.short != nil && n.kind == textNode:
		d.value(x.Elem().Field(sh.short.index), sh.short, n)
	default:
		if fn, ok := x.Interface().(*Func); ok && n.get("file") != nil {
			fn.File = n.get("file").text
			d.where.file = fn.File
		}
		d.fields(x.Elem(), sh, n, describe(sh.typ), nothingDone)
	}
	list.Set(reflect.Append(list, x))
}

// describe names what a struct type describes, for messages.
func describe(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[TypeDef]():
		return "a type"
	case reflect.TypeFor[Entity]():
		return "an entity type"
	case reflect.TypeFor[Var]():
		return "a variable"
	case reflect.TypeFor[FieldDef]():
		return "a field"
	case reflect.TypeFor[Func]():
		return "a function"
	case reflect.TypeFor[Sig](), reflect.TypeFor[Method]():
		return "a method"
	case reflect.TypeFor[Extern]():
		return "an extern"
	}
	return "a " + strings.ToLower(t.Name())
}

// instrs reads the instructions of a block.
func (d *decoder) instrs(v reflect.Value, n *node) {
	if !d.is(n, listNode, "do") {
		return
	}
	for i, item := range n.items {
		d.where.instr = i + 1
		x := reflect.New(reflect.TypeFor[Instr]()).Elem()
		d.operation(x, item, instrTable, "an instruction")
		v.Set(reflect.Append(v, x))
	}
	d.where.instr = 0
}

// operation reads an instruction or a terminator: the one key that is an operation says which.
func (d *decoder) operation(v reflect.Value, n *node, table map[string]*shape, what string) {
	if !d.is(n, mapNode, what) {
		return
	}
	var sh *shape
	for _, k := range n.keys {
		if found := table[k.text]; found != nil {
			if sh != nil && found != sh {
				d.fail(k, "%s has one operation, not %q and %q", what, sh.op.name, k.text)
				return
			}
			sh = found
		}
	}
	if sh == nil {
		d.fail(n, "%s needs an operation: one of %s", what, strings.Join(operations(table), ", "))
		return
	}
	x := reflect.New(sh.typ)
	d.p.positions[x.Interface()] = n.pos
	d.fields(x.Elem(), sh, n, sh.op.name, nothingDone)
	v.Set(x)
}

// operations lists a table's operations, sorted.
func operations(table map[string]*shape) []string {
	var names []string
	for name := range table {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (d *decoder) typ(n *node, what string) *Type {
	if !d.is(n, textNode, what) {
		return nil
	}
	t, err := ParseType(n.text)
	if err != nil {
		d.fail(n, "%s", err)
		return nil
	}
	return t
}

var decimal = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

func (d *decoder) int(n *node, what string) int {
	if !d.is(n, numberNode, what) {
		return 0
	}
	v, err := strconv.ParseInt(n.text, 10, 32)
	if err != nil || !decimal.MatchString(n.text) {
		d.fail(n, "%s is a decimal integer below 2^31 here, not %q", what, n.text)
		return 0
	}
	return int(v)
}

// boolean checks that a boolean is written as one: YAML has other spellings.
func (d *decoder) boolean(n *node) bool {
	if n.text != "true" && n.text != "false" {
		d.fail(n, "a boolean is true or false, not %q", n.text)
		return false
	}
	return true
}

// expr reads an expression; nil if there is something wrong with it.
func (d *decoder) expr(n *node) Expr {
	if n.kind == textNode {
		return &Name{n.text}
	}
	if n.kind != mapNode {
		d.fail(n, "an expression is a name (a string) or a mapping, not %s", n.kind)
		return nil
	}
	d.depth++
	defer func() { d.depth-- }()
	if d.depth > maxExprDepth {
		d.fail(n, "an expression is nested deeper than %d", maxExprDepth)
		return nil
	}
	op := ""
	for _, k := range n.keys {
		if isExprOp(k.text) {
			if op != "" {
				d.fail(k, "an expression has one operation, not %q and %q", op, k.text)
				return nil
			}
			op = k.text
		}
	}
	switch {
	case op == "":
		return d.plainLiteral(n)
	case exprTable[op] != nil:
		sh := exprTable[op]
		x := reflect.New(sh.typ)
		d.fields(x.Elem(), sh, n, op, nothingDone)
		return x.Interface().(Expr)
	case op == litOp:
		return d.namedLiteral(n)
	case op == "field" && n.get("as") != nil && len(n.keys) == 2:
		x, ok := d.operator(op, n.get(op)).(*Field)
		if !ok {
			return nil
		}
		x.Type = d.typ(n.get("as"), "as")
		return x
	case len(n.keys) != 1:
		d.fail(n, "%s has no other keys", op)
		return nil
	}
	return d.operator(op, n.items[0])
}

// operator reads what has its operands in a list.
func (d *decoder) operator(op string, n *node) Expr {
	if slices.Contains(unaryOps, op) {
		return &Unary{op, d.expr(n)}
	}
	if !d.is(n, listNode, op) {
		return nil
	}
	if len(n.items) != 2 {
		d.fail(n, "%s has two operands, not %d", op, len(n.items))
		return nil
	}
	x := d.expr(n.items[0])
	switch op {
	case "field":
		if !d.is(n.items[1], textNode, "a field's name") {
			return nil
		}
		return &Field{X: x, Name: n.items[1].text}
	case "index":
		return &Index{x, d.expr(n.items[1])}
	}
	return &Binary{op, x, d.expr(n.items[1])}
}

// plainLiteral reads `{type: value}`.
func (d *decoder) plainLiteral(n *node) Expr {
	if len(n.keys) != 1 {
		d.fail(n, "an expression needs one operation, or a type and the value of a literal")
		return nil
	}
	key := n.keys[0]
	t, err := ParseType(key.text)
	if key.kind != textNode || err != nil || isExprKey(key.text) {
		d.fail(key, "%q is no operation, nor the type of a literal", key.text)
		return nil
	}
	return d.literal(t, key, n.items[0])
}

// namedLiteral reads `{lit: value, as: type}`.
func (d *decoder) namedLiteral(n *node) Expr {
	as := n.get("as")
	if as == nil || len(n.keys) != 2 {
		d.fail(n, "lit needs the key \"as\", and no other")
		return nil
	}
	t := d.typ(as, "as")
	if t == nil {
		return nil
	}
	return d.literal(t, as, n.get(litOp))
}

// literal reads a literal's value by its type.
func (d *decoder) literal(t *Type, at, n *node) Expr {
	kind := literalKind(d.p, t)
	if kind == Invalid {
		d.fail(at, "%q is no operation, nor the type of a literal: a basic type, or a declared one that is basic", t)
		return nil
	}
	value, err := literalOf(kind, n)
	if err != nil {
		d.fail(n, "literal of type %s: %s", t, err)
		return nil
	}
	return &Lit{t, value}
}

// A float is written as strconv does; so NaN and infinities have one spelling.
var (
	floatText   = regexp.MustCompile(`^(NaN|\+Inf|-Inf|-?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?)$`)
	complexText = regexp.MustCompile(`^\([-+]?[0-9NaInf.e+-]+[-+][0-9NaInf.e+-]+i\)$`)
)

// literalOf reads a value of a kind.
func literalOf(kind Kind, n *node) (any, error) {
	switch {
	case kind == Bool:
		if n.kind != boolNode || n.text != "true" && n.text != "false" {
			return nil, fmt.Errorf("want true or false, not %s %q", n.kind, n.text)
		}
		return n.text == "true", nil
	case isInteger(kind):
		return integerOf(kind, n)
	case isFloat(kind):
		if n.kind != textNode || !floatText.MatchString(n.text) {
			return nil, fmt.Errorf("want a float as a string, like \"1.5\", \"NaN\" or \"+Inf\", not %s %q", n.kind, n.text)
		}
		return strconv.ParseFloat(n.text, sizeOf(kind))
	case isComplex(kind):
		if n.kind != textNode || !complexText.MatchString(n.text) {
			return nil, fmt.Errorf("want a complex number as a string, like \"(1+2i)\", not %s %q", n.kind, n.text)
		}
		return strconv.ParseComplex(n.text, sizeOf(kind))
	}
	return stringOf(n)
}

func integerOf(kind Kind, n *node) (any, error) {
	if n.kind != textNode && n.kind != numberNode || !decimal.MatchString(n.text) {
		return nil, fmt.Errorf("want a decimal integer, not %s %q", n.kind, n.text)
	}
	if v, err := strconv.ParseInt(n.text, 10, 64); n.kind == numberNode && (err != nil || v > maxExact || v < -maxExact) {
		return nil, fmt.Errorf("an integer beyond 2^53 is written as a string: %q", n.text)
	}
	if isSigned(kind) {
		return strconv.ParseInt(n.text, 10, sizeOf(kind))
	}
	return strconv.ParseUint(n.text, 10, sizeOf(kind))
}

func stringOf(n *node) (any, error) {
	if n.kind == textNode {
		return n.text, nil
	}
	if n.kind != mapNode || len(n.keys) != 1 || n.keys[0].text != bytesKey || n.items[0].kind != textNode {
		return nil, fmt.Errorf("want a string, or {%s: …} for one that is not UTF-8, not %s", bytesKey, n.kind)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(n.items[0].text)
	if err != nil {
		return nil, err
	}
	if utf8.Valid(raw) {
		return nil, fmt.Errorf("a string that is UTF-8 is written as it is")
	}
	return string(raw), nil
}
