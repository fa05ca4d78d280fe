// This file encodes again and again with one buffer.

package runner

import "fmt"

// Encoder encodes states and arguments for stores that keep them. What it gives is valid until its next call. It is not
// for several goroutines at once.
type Encoder struct{ enc Enc }

// NewEncoder makes an encoder for values of the program.
func (p *Program) NewEncoder() *Encoder { return &Encoder{*newEnc(p)} }

// State encodes a committed state as [Program.EncodeState] does.
func (x *Encoder) State(ty *EntityType, state any, limit int) ([]byte, error) {
	b, err := x.enc.encode(ty.Graph, true, limit, func(e *Enc) { ty.Enc(e, state) })
	return b, stateError(ty, limit, err)
}

// Arguments encodes a frame that has not begun, for [Program.DecodeFrame]. Arguments that reach no memory share none.
func (x *Encoder) Arguments(f Frame) ([]byte, error) {
	b, err := x.enc.encode(f.Func().CopyArgs, true, maxEncoded, f.Enc)
	if err != nil {
		return nil, fmt.Errorf("frame of %s: %w", f.Func().Name, err)
	}
	return b, nil
}
