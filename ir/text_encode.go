// This file turns a program into the tree of mappings that YAML and JSON carry.

package ir

import (
	"encoding/base64"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// Formats of a program's text.
const (
	YAML = "yaml"
	JSON = "json"
)

// Encode writes a program as text, in the format YAML or JSON. The same program gives the same bytes. It refuses what
// the text cannot say (missing parts, a literal that is not of its type, a name that is not UTF-8), so that Decode reads
// back what it has written.
func Encode(p *Program, format string) ([]byte, error) {
	if format != YAML && format != JSON {
		return nil, fmt.Errorf("unknown format %q (%s or %s)", format, YAML, JSON)
	}
	e := &encoder{p: p}
	n := e.fields(reflect.ValueOf(p).Elem(), declared)
	n.layout = lines
	if len(e.errs) > 0 {
		return nil, e.errs
	}
	if format == JSON {
		return writeJSON(n), nil
	}
	return writeYAML(n), nil
}

// encoder collects what cannot be written.
type encoder struct {
	p     *Program
	where place
	depth int
	errs  Problems
}

// fail notes an error; it gives a node, so that encoding goes on.
func (e *encoder) fail(format string, args ...any) *node {
	if len(e.errs) < maxErrors {
		e.errs = append(e.errs, &Problem{Where: e.where.String(), Message: fmt.Sprintf(format, args...)})
	}
	return &node{}
}

// fields writes the fields of a struct as a mapping, without its key.
func (e *encoder) fields(v reflect.Value, sh *shape) *node {
	n := &node{kind: mapNode}
	for _, f := range sh.fields {
		fv := v.Field(f.index)
		if f.inline || f.opt && (fv.IsZero() || fv.Kind() == reflect.Slice && fv.Len() == 0) {
			continue
		}
		n.put(f.name, e.value(fv, f))
	}
	return n
}

// value writes the value of a field.
func (e *encoder) value(v reflect.Value, f *fieldShape) *node {
	switch x := v.Interface().(type) {
	case *Type:
		return e.typ(x)
	case Expr: // *Lit too
		return e.expr(x)
	case []Instr:
		n := &node{kind: listNode, layout: lines}
		for i, in := range x {
			e.where.instr = i + 1
			n.items = append(n.items, e.operation(in, "instruction"))
			e.where.instr = 0
		}
		return n
	}
	switch v.Kind() {
	case reflect.String:
		return e.text(v.String())
	case reflect.Int:
		return number(int64(v.Int()))
	case reflect.Bool:
		return &node{kind: boolNode, text: strconv.FormatBool(v.Bool())}
	case reflect.Interface:
		if f.typ == reflect.TypeFor[Term]() {
			e.where.end = true
			defer func() { e.where.end = false }()
			return e.operation(v.Interface(), "terminator")
		}
		return e.expr(nil)
	case reflect.Pointer:
		if v.IsNil() {
			return e.fail("%s is missing", f.name)
		}
		return e.fields(v.Elem(), shapes[f.typ.Elem()])
	}
	switch {
	case f.keyed:
		return e.keyed(v, f)
	case f.pairs:
		return e.pairs(v, f)
	}
	n := &node{kind: listNode}
	elem := &fieldShape{name: "an element of " + f.name, typ: f.typ.Elem()}
	for i := range v.Len() {
		n.items = append(n.items, e.value(v.Index(i), elem))
	}
	return n
}

// keyed writes a list of declarations as a mapping from their names.
func (e *encoder) keyed(v reflect.Value, f *fieldShape) *node {
	sh := shapes[f.typ.Elem().Elem()]
	n := &node{kind: mapNode}
	seen := map[string]bool{}
	for i := range v.Len() {
		key, item, ok := e.entry(v.Index(i), sh, f)
		if !ok {
			continue
		}
		if seen[key] {
			e.fail("%s %q stands twice in %s", sh.name, key, f.name)
		}
		seen[key] = true
		n.putName(key, item)
	}
	switch sh.typ {
	case reflect.TypeFor[Func](), reflect.TypeFor[TypeDef](), reflect.TypeFor[Entity](), reflect.TypeFor[Extern](),
		reflect.TypeFor[Block](), reflect.TypeFor[Var]():
		n.layout = lines
	}
	return n
}

// pairs writes a list of declarations as a list of mappings with one key each; what is named "_" and has a short form
// is written as that alone.
func (e *encoder) pairs(v reflect.Value, f *fieldShape) *node {
	sh := shapes[f.typ.Elem().Elem()]
	n := &node{kind: listNode}
	for i := range v.Len() {
		key, item, ok := e.entry(v.Index(i), sh, f)
		if !ok {
			continue
		}
		if key != "_" || item.kind != textNode {
			pair := &node{kind: mapNode}
			pair.putName(key, item)
			item = pair
		}
		n.items = append(n.items, item)
	}
	return n
}

// entry writes one declaration of a keyed list or a list of pairs.
func (e *encoder) entry(v reflect.Value, sh *shape, f *fieldShape) (string, *node, bool) {
	if v.IsNil() {
		e.fail("%s holds nothing at one place", f.name)
		return "", nil, false
	}
	v = v.Elem()
	key := e.text(v.Field(sh.key.index).String()).text
	defer e.where.enter(v.Addr().Interface())()
	if sole := sh.sole(); sole != nil {
		return key, e.value(v.Field(sole.index), sole), true
	}
	n := e.fields(v, sh)
	if sh.short != nil && len(n.keys) == 1 && n.keys[0].text == sh.short.name {
		return key, n.items[0], true
	}
	switch b := v.Addr().Interface().(type) {
	case *Func:
		n.layout = lines
	case *Block:
		if len(b.Do) > 0 {
			n.layout = lines
		}
	}
	return key, n, true
}

// operation writes an instruction or a terminator.
func (e *encoder) operation(x any, what string) *node {
	v := reflect.ValueOf(x)
	if x == nil || v.IsNil() {
		return e.fail("%s is missing", what)
	}
	n := e.fields(v.Elem(), shapes[v.Elem().Type()])
	n.layout = line
	return n
}

func number(v int64) *node { return &node{kind: numberNode, text: strconv.FormatInt(v, 10)} }

func (e *encoder) text(s string) *node {
	if !utf8.ValidString(s) {
		return e.fail("%q is not UTF-8", s)
	}
	return text(s)
}

func (e *encoder) typ(t *Type) *node {
	if t == nil {
		return e.fail("a type is missing")
	}
	s := t.String()
	if back, err := ParseType(s); err != nil || !back.Equal(t) {
		return e.fail("type %q cannot be written", s)
	}
	return text(s)
}

func (e *encoder) exprs(list ...Expr) *node {
	n := &node{kind: listNode}
	for _, x := range list {
		n.items = append(n.items, e.expr(x))
	}
	return n
}

// expr writes an expression.
func (e *encoder) expr(x Expr) *node {
	if x == nil || reflect.ValueOf(x).IsNil() {
		return e.fail("an expression is missing")
	}
	e.depth++
	defer func() { e.depth-- }()
	if e.depth > maxExprDepth {
		return e.fail("an expression is nested deeper than %d", maxExprDepth)
	}
	n := &node{kind: mapNode}
	switch x := x.(type) {
	case *Name:
		return e.text(x.Name)
	case *Lit:
		return e.literal(x)
	case *Unary:
		n.put(e.op(x.Op, unaryOps), e.expr(x.X))
	case *Binary:
		n.put(e.op(x.Op, binaryOps), e.exprs(x.X, x.Y))
	case *Field:
		item := e.exprs(x.X)
		item.items = append(item.items, e.text(x.Name))
		n.put("field", item)
		if x.Type != nil {
			n.put("as", e.typ(x.Type))
		}
	case *Index:
		n.put("index", e.exprs(x.X, x.I))
	default:
		v := reflect.ValueOf(x).Elem()
		return e.fields(v, shapes[v.Type()])
	}
	return n
}

// op checks an operator against the list of those that there are.
func (e *encoder) op(op string, known []string) string {
	for _, k := range known {
		if k == op {
			return op
		}
	}
	e.fail("unknown operator %q", op)
	return op
}

func (e *encoder) literal(l *Lit) *node {
	value, err := e.literalValue(l)
	if err != nil {
		return e.fail("%s", err)
	}
	n := &node{kind: mapNode}
	t := e.typ(l.Type)
	if isExprKey(t.text) {
		n.put(litOp, value)
		n.put("as", t)
	} else {
		n.putName(t.text, value)
	}
	return n
}

// maxExact is the largest integer that every reader of JSON and YAML takes as it stands.
const maxExact = 1 << 53

// literalValue writes a literal's value so that no reader bends it.
func (e *encoder) literalValue(l *Lit) (*node, error) {
	kind := literalKind(e.p, l.Type)
	switch v := l.Value.(type) {
	case bool:
		if kind == Bool {
			return &node{kind: boolNode, text: strconv.FormatBool(v)}, nil
		}
	case int64:
		if isSigned(kind) && fitsInt(v, kind) {
			n := number(v)
			if v > maxExact || v < -maxExact {
				n.kind = textNode
			}
			return n, nil
		}
	case uint64:
		if isUnsigned(kind) && fitsUint(v, kind) {
			n := &node{kind: numberNode, text: strconv.FormatUint(v, 10)}
			if v > maxExact {
				n.kind = textNode
			}
			return n, nil
		}
	case float64:
		if kind == F64 || kind == F32 && (float64(float32(v)) == v || math.IsNaN(v)) {
			return text(strconv.FormatFloat(v, 'g', -1, sizeOf(kind))), nil
		}
	case complex128:
		if kind == C128 || kind == C64 && narrow(v) {
			return text(strconv.FormatComplex(v, 'g', -1, sizeOf(kind))), nil
		}
	case string:
		if kind == String {
			if utf8.ValidString(v) {
				return text(v), nil
			}
			n := &node{kind: mapNode}
			n.put(bytesKey, text(base64.StdEncoding.EncodeToString([]byte(v))))
			return n, nil
		}
	}
	return nil, fmt.Errorf("literal of type %s cannot hold %T %v", l.Type, l.Value, l.Value)
}

func narrow(v complex128) bool {
	ok := func(x float64) bool { return float64(float32(x)) == x || math.IsNaN(x) }
	return ok(real(v)) && ok(imag(v))
}

// literalKind gives the kind of a type's literals, or Invalid if it has none.
func literalKind(p *Program, t *Type) Kind {
	u := Underlying(p, t)
	switch {
	case u == nil:
		return Invalid
	case u.Kind >= Bool && u.Kind <= String || u.Kind == Duration:
		return u.Kind
	}
	return Invalid
}

func isSigned(k Kind) bool   { return k == Int || k >= I8 && k <= I64 || k == Duration }
func isUnsigned(k Kind) bool { return k == Uint || k >= U8 && k <= U64 }
func isInteger(k Kind) bool  { return isSigned(k) || isUnsigned(k) }
func isFloat(k Kind) bool    { return k == F32 || k == F64 }
func isComplex(k Kind) bool  { return k == C64 || k == C128 }
func isNumeric(k Kind) bool  { return isInteger(k) || isFloat(k) || isComplex(k) }

// sizeOf gives the bits of a numeric kind.
func sizeOf(k Kind) int {
	switch k {
	case I8, U8:
		return 8
	case I16, U16:
		return 16
	case I32, U32, F32:
		return 32
	case C128:
		return 128
	}
	return 64
}

func fitsInt(v int64, k Kind) bool   { n := 64 - sizeOf(k); return v<<n>>n == v }
func fitsUint(v uint64, k Kind) bool { n := 64 - sizeOf(k); return v<<n>>n == v }
