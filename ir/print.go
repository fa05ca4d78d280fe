// This file prints programs and functions for readers.

package ir

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Fprint writes a whole program (types, entities, functions) for readers; FprintFunc writes one function. The text is not
// meant to be read back: that is Encode.
func Fprint(w io.Writer, p *Program) error {
	pr := &printer{}
	pr.line("program %s version %d (%s)", p.Name, p.Version, p.ID)
	for _, d := range p.Types {
		pr.typeDef(d)
	}
	for _, e := range p.Entities {
		pr.line("entity %s key %s rank %d", e.Name, e.Key, e.Rank)
	}
	for _, v := range p.Vars {
		pr.line("var %s %s", v.Name, v.Type)
	}
	for _, x := range p.Externs {
		pr.line("extern %s(%s)%s", x.Name, joinTypes(x.Params), resultText(x.Results))
	}
	for _, e := range p.Edges {
		pr.line("edge %s -> %s.%s", e.From, e.To, e.Method)
	}
	for _, f := range p.Funcs {
		pr.line("")
		pr.function(f)
	}
	_, err := io.WriteString(w, pr.b.String())
	return err
}

// FprintFunc writes one function for readers.
func FprintFunc(w io.Writer, f *Func) error {
	pr := &printer{}
	pr.function(f)
	_, err := io.WriteString(w, pr.b.String())
	return err
}

// printer collects lines.
type printer struct{ b strings.Builder }

func (pr *printer) line(format string, args ...any) { fmt.Fprintf(&pr.b, format+"\n", args...) }

func (pr *printer) typeDef(d *TypeDef) {
	switch {
	case d.IsStruct():
		var fields []string
		for _, f := range d.Struct {
			fields = append(fields, f.Name+" "+f.Type.String())
		}
		pr.line("type %s struct {%s}", d.Name, strings.Join(fields, "; "))
	case d.IsInterface():
		var sigs []string
		for _, s := range d.Iface {
			sigs = append(sigs, s.Name+strings.TrimPrefix(s.Type.String(), "func"))
		}
		pr.line("type %s interface {%s}", d.Name, strings.Join(sigs, "; "))
	default:
		pr.line("type %s %s", d.Name, d.Is)
	}
	for _, m := range d.Methods {
		pr.line("  method %s = %s", m.Name, m.Func)
	}
}

func joinTypes(list []*Type) string {
	var parts []string
	for _, t := range list {
		parts = append(parts, t.String())
	}
	return strings.Join(parts, ", ")
}

func resultText(list []*Type) string {
	if len(list) == 0 {
		return ""
	}
	return " (" + joinTypes(list) + ")"
}

func joinLocals(list []*Local) string {
	var parts []string
	for _, l := range list {
		s := l.Name + " " + l.Type.String()
		if l.Cell {
			s += " cell"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// function writes a head, the locals, and the blocks with their source lines.
func (pr *printer) function(f *Func) {
	pr.line("func %s(%s) (%s)%s", f.Name, joinLocals(f.Params), joinLocals(f.Results), notes(f))
	if len(f.Captures) > 0 {
		pr.line("  captures %s", joinLocals(f.Captures))
	}
	if len(f.Locals) > 0 {
		pr.line("  locals %s", joinLocals(f.Locals))
	}
	for _, b := range f.Blocks {
		head := b.Name + ":"
		if b.Unwind != nil {
			head += " unwind " + b.Unwind.To + " into " + b.Unwind.Into
		}
		if len(b.Live) > 0 {
			head += " live " + strings.Join(b.Live, ", ")
		}
		pr.line("%s", head)
		for _, i := range b.Do {
			pr.code(InstrText(i), Line(i))
		}
		pr.code(TermText(b.End), Line(b.End))
	}
}

func (pr *printer) code(s string, at int) {
	if at == 0 {
		pr.line("  %s", s)
		return
	}
	pr.line("  %-60s // %d", s, at)
}

// notes gives what else there is to say in a function's head.
func notes(f *Func) string {
	var list []string
	note := func(cond bool, s string) {
		if cond {
			list = append(list, s)
		}
	}
	note(f.Self != "", "self "+f.Self)
	note(f.Creates != "", "creates "+f.Creates)
	note(f.Exported, "exported")
	note(f.Suspends, "suspends")
	note(f.Recursive, "recursive")
	note(f.Effects != "", f.Effects)
	if len(list) == 0 {
		return ""
	}
	return " " + strings.Join(list, ", ")
}

// into puts targets before an operation: `x, ok = op`.
func into(targets []string, s string) string {
	if len(targets) == 0 {
		return s
	}
	return strings.Join(targets, ", ") + " = " + s
}

func exprList(list []Expr) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, ExprText(e))
	}
	return strings.Join(parts, ", ")
}

// InstrText gives an instruction on one line.
func InstrText(i Instr) string {
	x := ExprText
	switch i := i.(type) {
	case *Set:
		return x(i.Place) + " = " + x(i.To)
	case *NewCell:
		return i.Local + " = new cell " + x(i.To)
	case *Eval:
		return "eval " + x(i.X)
	case *Call:
		on := ""
		if i.On != nil {
			on = x(i.On) + " "
		}
		return into(i.Into, fmt.Sprintf("call %s%s(%s)", on, i.Func, exprList(i.Args)))
	case *CallFace:
		return into(i.Into, fmt.Sprintf("call %s.%s(%s)", x(i.Recv), i.Method, exprList(i.Args)))
	case *CallFunc:
		return into(i.Into, fmt.Sprintf("call %s(%s)", x(i.Fn), exprList(i.Args)))
	case *CallExtern:
		return into(i.Into, fmt.Sprintf("%s(%s)", i.Extern, exprList(i.Args)))
	case *Append:
		rest := exprList(i.Elems)
		if i.Spread != nil {
			rest = x(i.Spread) + "…"
		}
		return into([]string{i.Into}, fmt.Sprintf("append(%s, %s)", x(i.List), rest))
	case *Copy:
		return into(optional(i.Into), fmt.Sprintf("copy(%s, %s)", x(i.Dst), x(i.Src)))
	case *Clear:
		return "clear(" + x(i.X) + ")"
	case *MapSet:
		return fmt.Sprintf("%s[%s] = %s", x(i.Map), x(i.Key), x(i.To))
	case *MapGet:
		return into(i.Into, fmt.Sprintf("%s[%s]", x(i.Map), x(i.Key)))
	case *MapDel:
		return fmt.Sprintf("delete(%s, %s)", x(i.Map), x(i.Key))
	case *Keys:
		return into(i.Into, "sorted keys of "+x(i.Map))
	case *Assert:
		return into(i.Into, fmt.Sprintf("%s.(%s)", x(i.X), i.Type))
	case *New:
		to := ""
		if i.To != nil {
			to = " " + x(i.To)
		}
		return into([]string{i.Into}, "new "+i.Type.String()+to)
	case *MakeList:
		size := x(i.Len)
		if i.Cap != nil {
			size += ", " + x(i.Cap)
		}
		return into([]string{i.Into}, fmt.Sprintf("make %s (%s)", i.Type, size))
	case *List:
		return into([]string{i.Into}, fmt.Sprintf("%s {%s}", i.Type, exprList(i.Elems)))
	case *ListOf:
		return into([]string{i.Into}, fmt.Sprintf("%s(%s)", i.Type, x(i.X)))
	case *MakeMap:
		return into([]string{i.Into}, "make "+i.Type.String())
	case *Closure:
		return into([]string{i.Into}, fmt.Sprintf("closure %s(%s)", i.Func, strings.Join(i.Cells, ", ")))
	case *Recover:
		return into([]string{i.Into}, "recover "+i.Slot)
	case *Print:
		if i.Line {
			return "println(" + exprList(i.Args) + ")"
		}
		return "print(" + exprList(i.Args) + ")"
	}
	return fmt.Sprintf("unknown instruction %T", i)
}

// TermText gives a terminator on one line.
func TermText(t Term) string {
	x := ExprText
	switch t := t.(type) {
	case *Jump:
		return "jump " + t.To
	case *If:
		return fmt.Sprintf("if %s then %s else %s", x(t.Cond), t.Then, t.Else)
	case *Switch:
		s := "switch " + x(t.X)
		for _, c := range t.Cases {
			s += fmt.Sprintf(", %s: %s", x(c.Is), c.To)
		}
		return s + ", default: " + t.Default
	case *Return:
		return strings.TrimSuffix("return "+exprList(t.Values), " ")
	case *Panic:
		return "panic " + x(t.X)
	case *Repanic:
		return "repanic " + t.Slot
	case *Invoke:
		return into(t.Into, fmt.Sprintf("invoke %s %s(%s) then %s", x(t.On), t.Method, exprList(t.Args), t.Then))
	case *Create:
		return into([]string{t.Into}, fmt.Sprintf("create %s then %s", x(t.Draft), t.Then))
	case *Destroy:
		return fmt.Sprintf("delete %s then %s", x(t.On), t.Then)
	case *Exists:
		return into([]string{t.Into}, fmt.Sprintf("exists %s then %s", x(t.On), t.Then))
	case *Unreachable:
		return "unreachable: " + t.Why
	}
	return fmt.Sprintf("unknown terminator %T", t)
}

var symbols = map[string]string{"neg": "-", "not": "!", "inv": "^", "add": "+", "sub": "-", "mul": "*", "div": "/", "rem": "%",
	"and": "&", "or": "|", "xor": "^", "andnot": "&^", "shl": "<<", "shr": ">>", "eq": "==", "ne": "!=", "lt": "<", "le": "<=",
	"gt": ">", "ge": ">=", "land": "&&", "lor": "||"}

// ExprText gives an expression on one line; operators stand in parentheses.
func ExprText(e Expr) string {
	x := ExprText
	switch e := e.(type) {
	case nil:
		return ""
	case *Name:
		return e.Name
	case *Lit:
		value := fmt.Sprint(e.Value)
		if s, ok := e.Value.(string); ok {
			value = strconv.Quote(s)
		}
		return fmt.Sprintf("%s(%s)", e.Type, value)
	case *Nil:
		return fmt.Sprintf("%s(nil)", e.Type)
	case *Zero:
		return fmt.Sprintf("zero %s", e.Type)
	case *Global:
		return e.Name
	case *FuncVal:
		return "func " + e.Func
	case *Unary:
		return symbols[e.Op] + x(e.X)
	case *Binary:
		return fmt.Sprintf("(%s %s %s)", x(e.X), symbols[e.Op], x(e.Y))
	case *Field:
		return x(e.X) + "." + e.Name
	case *Index:
		return fmt.Sprintf("%s[%s]", x(e.X), x(e.I))
	case *Slice:
		s := fmt.Sprintf("%s[%s:%s", x(e.X), x(e.Lo), x(e.Hi))
		if e.Max != nil {
			s += ":" + x(e.Max)
		}
		return s + "]"
	case *Len:
		return "len(" + x(e.X) + ")"
	case *Cap:
		return "cap(" + x(e.X) + ")"
	case *Deref:
		return "*" + x(e.X)
	case *Addr:
		return "&" + x(e.X)
	case *Convert:
		return fmt.Sprintf("%s(%s)", e.To, x(e.X))
	case *Box:
		return fmt.Sprintf("%s box(%s)", e.To, x(e.X))
	case *IsNil:
		return "isnil(" + x(e.X) + ")"
	case *StructLit:
		var parts []string
		for _, f := range e.Fields {
			parts = append(parts, f.Name+": "+x(f.To))
		}
		return fmt.Sprintf("%s{%s}", e.Type, strings.Join(parts, ", "))
	case *ArrayLit:
		return fmt.Sprintf("%s{%s}", e.Type, exprList(e.Elems))
	case *RefTo:
		return fmt.Sprintf("ref %s(%s)", e.Entity, x(e.Key))
	case *KeyOf:
		return "key of " + x(e.X)
	case *Request:
		return "request " + e.What
	case *Panicking:
		return "panicking " + e.Slot
	}
	return fmt.Sprintf("unknown expression %T", e)
}
