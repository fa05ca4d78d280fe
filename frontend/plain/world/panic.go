// This file words panics that nobody recovered, as Go's own runtime prints them.

package world

import (
	"fmt"
	"reflect"
	"strconv"
)

// panicText gives what Go prints behind `panic: `: the text of errors and Stringers, basic values, values of defined
// basic types with their type. Of all others Go prints type and address; this gives the type alone.
func panicText(p any) string {
	switch x := p.(type) {
	case error:
		return x.Error()
	case fmt.Stringer:
		return x.String()
	}
	v := reflect.ValueOf(p)
	name := v.Type().String()
	text := ""
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			return v.String()
		}
		return name + `("` + v.String() + `")`
	case reflect.Float32:
		text = strconv.FormatFloat(v.Float(), 'g', -1, 32)
	case reflect.Float64:
		text = strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		text = fmt.Sprint(v) // of a reflect.Value: what it holds, without its methods
	default:
		return "(" + name + ")"
	}
	if v.Type().PkgPath() == "" {
		return text
	}
	return name + "(" + text + ")"
}
