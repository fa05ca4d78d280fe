// This file encodes states and frames, and copies what crosses an invoke.

package runner

import (
	"bytes"
	"fmt"
)

// EncodeState encodes a committed state: slices end at their length, and sharing is kept if the type asks for it.
// A state longer than limit bytes is a [Stop] of code LimitExceeded, one without an encoding an [*EncodeError].
func (p *Program) EncodeState(ty *EntityType, state any, limit int) ([]byte, error) {
	encoders := &p.tables().encoders // over buffers that are used again: growing one takes as long as writing
	e := encoders.Get().(*Enc)
	b, err := e.encode(ty.Graph, true, limit, func(e *Enc) { ty.Enc(e, state) })
	if err != nil {
		return nil, stateError(ty, limit, err)
	}
	b = bytes.Clone(b)
	if !ty.Graph { // what is learned of a graph is not kept
		encoders.Put(e)
	}
	return b, nil
}

// stateError names the state in an error of its encoding.
func stateError(ty *EntityType, limit int, err error) error {
	switch {
	case err == nil:
		return nil
	case err == errTooLong:
		return exceeded("bytes of the state of "+ty.Name, int64(limit))
	}
	return fmt.Errorf("state of %s: %w", ty.Name, err)
}

// DecodeState decodes a committed state. Every slice of it has no room beyond its length.
func (p *Program) DecodeState(ty *EntityType, b []byte) (state any, err error) {
	err = p.Decode(b, func(d *Dec) { state = ty.Dec(d) })
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", ty.Name, err)
	}
	return state, nil
}

// encodeState encodes a new entity's state, or stops the request. The bytes are the caller's.
func (t *Thread) encodeState(ty *EntityType, state any) []byte {
	b, err := t.prog.EncodeState(ty, state, t.limits.State)
	if err != nil {
		t.stop(asStop(err))
	}
	return b
}

func (t *Thread) decodeState(ty *EntityType, b []byte) any {
	state, err := t.prog.DecodeState(ty, b)
	if err != nil {
		t.stop(asStop(err))
	}
	return state
}

// encodeFrame encodes a frame's arguments or results, as what says, or stops the request. The bytes are scratch,
// unless keep is set. Values that reach no memory need no graph.
func (t *Thread) encodeFrame(f Frame, graph, keep bool, what string) []byte {
	b, err := t.enc.encode(graph, true, t.limits.Message, f.Enc)
	switch {
	case err == errTooLong:
		t.stop(exceeded(fmt.Sprintf("bytes of the %s of %s", what, f.Func().Name), int64(t.limits.Message)))
	case err != nil:
		t.stop(asStop(fmt.Errorf("%s of %s: %w", what, f.Func().Name, err)))
	}
	if keep {
		b = append([]byte(nil), b...)
	}
	return b
}

// What crosses an invoke costs a step for each encodedPerStep bytes of its encoding; the first ones are part of the call.
const (
	encodedPerStep = 4
	encodedFree    = 64
)

// payCrossing pays for the arguments or results that were encoded last. Those that neither reach memory nor hold text
// are part of the call too.
func (t *Thread) payCrossing() {
	if n := t.enc.looked + len(t.enc.buf) - encodedFree; n > 0 {
		t.Spend(int64(n) / encodedPerStep)
	}
}

// decodeFrame makes a frame of an encoding that was just made.
func (t *Thread) decodeFrame(fn *Func, b []byte) Frame {
	f := t.New(fn)
	if err := t.prog.read(b, f.Dec); err != nil {
		t.stop(Stop{Code: "Unavailable", Message: fmt.Sprintf("frame of %s: %v", fn.Name, err)})
	}
	return f
}

// handIn gives the callee's frame: with copies of the arguments, where they reach memory. All arguments are one graph.
// The frame given stays as it is.
func (t *Thread) handIn(f Frame, fn *Func) Frame {
	if !t.facts.funcs[fn.ID].args {
		return f
	}
	return t.crossed(f, fn, fn.CopyArgs, "arguments")
}

// crossed copies a frame, or only measures it.
func (t *Thread) crossed(f Frame, fn *Func, reachMemory bool, what string) Frame {
	b := t.encodeFrame(f, reachMemory, false, what)
	if !reachMemory {
		return f
	}
	return t.decodeFrame(fn, b)
}

// copyPanic copies a panic that leaves an entity.
func (p *Program) copyPanic(x *Panic) (*Panic, error) {
	b, err := p.encodePanic(x)
	if err == nil {
		err = p.read(b, func(d *Dec) { x = d.Panic() })
	}
	return x, err
}

func (p *Program) encodePanic(x *Panic) ([]byte, error) {
	b, err := p.Encode(true, func(e *Enc) { e.Panic(x) })
	if err != nil {
		return nil, fmt.Errorf("value of a panic: %w", err)
	}
	return b, nil
}

func (p *Program) decodePanic(b []byte) (x *Panic, err error) {
	err = p.Decode(b, func(d *Dec) { x = d.Panic() })
	return x, err
}

// EncodeFrame encodes a frame: at pc 0 its arguments, after return its results. Equal arguments give equal bytes.
func (p *Program) EncodeFrame(f Frame) ([]byte, error) {
	b, err := p.Encode(true, f.Enc)
	if err != nil {
		return nil, fmt.Errorf("frame of %s: %w", f.Func().Name, err)
	}
	return b, nil
}

// DecodeFrame makes a frame of its encoding.
func (p *Program) DecodeFrame(fn *Func, b []byte) (Frame, error) {
	f := fn.New()
	if err := p.Decode(b, f.Dec); err != nil {
		return nil, fmt.Errorf("frame of %s: %w", fn.Name, err)
	}
	return f, nil
}
