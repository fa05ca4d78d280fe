// This file brings programs into a normal form and gives them a hash over their meaning.

package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Normalize brings the blocks of every function into reverse postorder, names them b0, b1, b2 … and drops those that
// cannot be reached. Facts that were derived before stay true.
func Normalize(p *Program) {
	for _, f := range p.Funcs {
		f.Blocks = postorder(f)
		slices.Reverse(f.Blocks)
		names := map[string]string{}
		for i, b := range f.Blocks {
			names[b.Name] = fmt.Sprintf("b%d", i)
		}
		for _, b := range f.Blocks {
			b.Name = names[b.Name]
			eachName(reflect.ValueOf(b), func(f *fieldShape, name *string) {
				if f.block {
					*name = names[*name]
				}
			})
		}
	}
}

// postorder gives the blocks of a function that its entry reaches, unwind edges included. What a terminator names first
// comes last, so that in the reverse order it comes first.
func postorder(f *Func) []*Block {
	byName := map[string]*Block{}
	for _, b := range slices.Backward(f.Blocks) {
		byName[b.Name] = b
	}
	seen := map[*Block]bool{nil: true}
	var list []*Block
	var visit func(b *Block)
	visit = func(b *Block) {
		if seen[b] {
			return
		}
		seen[b] = true
		if b.Unwind != nil {
			visit(byName[b.Unwind.To])
		}
		for _, to := range slices.Backward(Successors(b.End)) {
			visit(byName[to])
		}
		list = append(list, b)
	}
	if len(f.Blocks) > 0 {
		visit(f.Blocks[0])
	}
	return list
}

// eachName visits, in the order they are written, the names of locals (also those that are expressions) and blocks in a
// piece of a program.
func eachName(v reflect.Value, visit func(f *fieldShape, name *string)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if n, ok := v.Interface().(*Name); ok && n != nil {
			visit(&fieldShape{local: true}, &n.Name)
		} else if _, isType := v.Interface().(*Type); !isType && !v.IsNil() {
			eachName(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachName(v.Index(i), visit)
		}
	case reflect.Struct:
		sh := shapes[v.Type()]
		if sh == nil { // Unary, Binary, Field, Index: their strings are no locals
			for i := range v.NumField() {
				eachName(v.Field(i), visit)
			}
			return
		}
		for _, f := range sh.fields {
			switch fv := v.Field(f.index); {
			case !f.local && !f.block:
				eachName(fv, visit)
			case fv.Kind() == reflect.String:
				visit(f, fv.Addr().Interface().(*string))
			default:
				for i := range fv.Len() {
					visit(f, fv.Index(i).Addr().Interface().(*string))
				}
			}
		}
	}
}

// Hash gives a hash over what a program means: the same for programs that differ in positions, the order of their
// declarations, the names of blocks, locals, results and parameters that no request names, derived facts, or the
// version. Ranks count: two programs must lock in one order.
func Hash(p *Program) string {
	c := cloneProgram(p)
	ranks := Analyze(c).Ranks
	for _, e := range c.Entities {
		e.Rank, e.At = ranks[e.Name], ""
	}
	c.Version, c.Edges = 0, nil
	for _, d := range c.Types {
		d.At = ""
	}
	for _, v := range c.Vars {
		v.At = ""
	}
	for _, f := range c.Funcs {
		canonicalize(f)
	}
	sortByName(c.Types, func(d *TypeDef) string { return d.Name })
	sortByName(c.Entities, func(d *Entity) string { return d.Name })
	sortByName(c.Vars, func(d *Var) string { return d.Name })
	sortByName(c.Externs, func(d *Extern) string { return d.Name })
	sortByName(c.Funcs, func(d *Func) string { return d.Name })
	e := &encoder{p: c}
	sum := sha256.Sum256(writeJSON(e.fields(reflect.ValueOf(c).Elem(), declared)))
	return hex.EncodeToString(sum[:])
}

func sortByName[D any](list []*D, name func(*D) string) {
	slices.SortStableFunc(list, func(a, b *D) int { return strings.Compare(name(a), name(b)) })
}

// canonicalize takes from a function what has no meaning.
func canonicalize(f *Func) {
	Normalize(&Program{Funcs: []*Func{f}})
	f.File, f.At = "", 0
	f.Suspends, f.Recursive, f.Effects = false, false, ""
	for _, r := range f.Results {
		*r = Local{Name: "_", Type: r.Type}
	}
	for _, b := range f.Blocks {
		b.Live = nil
		for _, i := range b.Do {
			clearAt(i)
		}
		clearAt(b.End)
	}
	renameLocals(f)
}

// clearAt takes the position from an instruction or a terminator.
func clearAt(x any) {
	v := reflect.ValueOf(x)
	if x == nil || v.IsNil() {
		return
	}
	if at := shapes[v.Elem().Type()].field("at"); at != nil {
		v.Elem().Field(at.index).SetZero()
	}
	if u, ok := x.(*Unreachable); ok {
		u.Why = ""
	}
}

// renameLocals gives the variables names by the order in which the function names them first, and drops the rest.
func renameLocals(f *Func) {
	names := map[string]string{"_": "_", "": ""}
	rename := func(name *string) {
		if _, ok := names[*name]; !ok {
			names[*name] = fmt.Sprintf("local %d", len(names))
		}
		*name = names[*name]
	}
	for _, l := range f.Params {
		if l.Temp = false; f.Exported {
			names[l.Name] = l.Name // a request may name it
			continue
		}
		rename(&l.Name)
	}
	for _, l := range f.Captures {
		rename(&l.Name)
	}
	rename(&f.Self)
	eachName(reflect.ValueOf(f.Blocks), func(fs *fieldShape, name *string) {
		if fs.local {
			rename(name)
		}
	})
	f.Locals = slices.DeleteFunc(f.Locals, func(l *Local) bool { return names[l.Name] == "" })
	for _, l := range f.Locals {
		l.Name, l.Temp = names[l.Name], false
	}
	sortByName(f.Locals, func(l *Local) string { return l.Name })
}

// cloneProgram copies a program, types and literals excepted, which nobody changes.
func cloneProgram(p *Program) *Program {
	c := &Program{}
	v := reflect.ValueOf(c).Elem()
	for _, f := range declared.fields {
		v.Field(f.index).Set(clone(reflect.ValueOf(p).Elem().Field(f.index)))
	}
	return c
}

func clone(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		switch v.Interface().(type) {
		case *Type, *Lit:
			return v
		}
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type().Elem())
		for i := range v.Elem().NumField() {
			c.Elem().Field(i).Set(clone(v.Elem().Field(i)))
		}
		return c
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return clone(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(clone(v.Index(i)))
		}
		return c
	}
	return v
}
