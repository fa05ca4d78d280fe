// This file encodes values of host types that may be alive across a call.

package runner

import (
	"bytes"
	"encoding"
	"strings"
)

// Host writes the value of a host type that p points to: a strings.Builder or bytes.Buffer as its content, others by
// their text or binary marshaller.
func (e *Enc) Host(p any) {
	if e.scanning() {
		return // it shares nothing with the program's values
	}
	switch p := p.(type) {
	case *strings.Builder:
		e.String(p.String())
	case *bytes.Buffer:
		e.head(majorBytes, uint64(p.Len()))
		e.bytes(p.Bytes()...)
	case encoding.TextMarshaler:
		b, err := p.MarshalText()
		if err != nil {
			e.fail("a value of type %T: %v", p, err)
		}
		e.String(string(b))
	case encoding.BinaryMarshaler:
		b, err := p.MarshalBinary()
		if err != nil {
			e.fail("a value of type %T: %v", p, err)
		}
		e.head(majorBytes, uint64(len(b)))
		e.bytes(b...)
	default:
		e.unknown(p)
	}
}

// Host reads a value of a host type into the zero value that p points to.
func (d *Dec) Host(p any) {
	var err error
	switch p := p.(type) {
	case *strings.Builder:
		p.WriteString(d.String())
	case *bytes.Buffer:
		p.Write(d.take(d.count(majorBytes, 1)))
	case encoding.TextUnmarshaler:
		err = p.UnmarshalText([]byte(d.String()))
	case encoding.BinaryUnmarshaler:
		err = p.UnmarshalBinary(d.take(d.count(majorBytes, 1)))
	default:
		d.fail("no codec for %T", p)
	}
	if err != nil {
		d.fail("%T: %v", p, err)
	}
}
