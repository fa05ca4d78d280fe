// This file reads the arguments of requests.

package jsonvalue

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/runner"
)

// Frame makes a frame of a function with the arguments of a request: a JSON array in order, or an object by parameter
// name. An empty text means no arguments. Those of a variadic parameter are one array, which may be left out.
func (c *Codec) Frame(text []byte, fn *runner.Func) (runner.Frame, error) {
	frame := fn.New()
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("[]")
	}
	err := c.read(text, func(d *decoder) {
		a := arguments{names: fn.Params, into: frame.Args(), needed: len(fn.Params)}
		if fn.Variadic {
			a.needed--
		}
		switch token := d.token(); token {
		case json.Delim('['):
			d.argumentList(a)
		case json.Delim('{'):
			d.argumentObject(a)
		default:
			d.fail("want the arguments as a JSON array, or as an object by name, got %s", describe(token))
		}
	})
	return frame, err
}

// arguments are where the arguments of a request go; names and into (pointers) belong together.
type arguments struct {
	names  []string
	into   []any
	needed int // so many must be given
}

func (d *decoder) argumentList(to arguments) {
	n := 0
	for ; d.json.more(); n++ {
		if n >= len(to.into) {
			d.json.raw()
			continue
		}
		d.within(to.names[n], func() { d.value(reflect.ValueOf(to.into[n]).Elem()) })
	}
	if n < to.needed || n > len(to.into) {
		d.fail("want %s, got %d", to.wanted(), n)
	}
}

// wanted tells how many arguments there must be.
func (a arguments) wanted() string {
	text := plural(len(a.names), "argument") + " (" + strings.Join(a.names, ", ") + ")"
	if a.needed < len(a.names) {
		text += ", of which the last, an array, may be left out"
	}
	return text
}

func (d *decoder) argumentObject(to arguments) {
	given := make([]bool, len(to.names))
	for d.json.more() {
		name := d.name()
		i := slices.Index(to.names, name)
		switch {
		case i < 0:
			d.fail("unknown argument %q (want %s)", name, listed(to.names))
		case given[i]:
			d.fail("argument %q is given twice", name)
		}
		given[i] = true
		d.within(name, func() { d.value(reflect.ValueOf(to.into[i]).Elem()) })
	}
	if i := slices.Index(given[:to.needed], false); i >= 0 {
		d.fail("argument %q is missing", to.names[i])
	}
}
