// This file gives texts of Go that name types of the generated package the names that the user's types have.

package runner

import (
	"reflect"
	"regexp"
	"runtime"
)

// qualified matches a qualified name as Go's run-time errors have it.
var qualified = regexp.MustCompile(`[\pL_][\pL\pN_]*\.[\pL_][\pL\pN_]*`)

// spoken is a text with the names of the user's types.
func (p *Program) spoken(text string) string {
	if len(p.Names) == 0 {
		return text
	}
	return qualified.ReplaceAllStringFunc(text, func(name string) string {
		if own, ok := p.Names[name]; ok {
			return own
		}
		return name
	})
}

// spokenError is what a Go panic was given; a run-time error that names a type of the generated package is one with the
// user's name for it.
func (p *Program) spokenError(r any) any {
	err, ok := r.(runtime.Error)
	if !ok || len(p.Names) == 0 {
		return r
	}
	switch r.(type) {
	case RuntimeError, RuntimeText:
		return r
	}
	before := err.Error()
	text := p.spoken(before)
	switch {
	case text == before:
		return r
	case reflect.TypeOf(r).Kind() == reflect.String:
		return RuntimeText(text)
	}
	return RuntimeError{text}
}
