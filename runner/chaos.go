// This file is what chaos does beyond the direct driver: it encodes what is suspended, and watches who writes.

package runner

import (
	"bytes"
	"fmt"
)

// shake encodes, drops and decodes all frames and objects of the transaction, address by address.
func (t *Thread) shake() {
	t.shakeAt(nil)
	for _, c := range t.cells.order {
		t.shakeAt(c)
	}
}

func (t *Thread) shakeAt(c *cell) {
	r := &record{cell: c}
	for _, s := range t.stack {
		if s.home == c {
			r.slots = append(r.slots, s)
		}
	}
	if len(r.slots) == 0 && (c == nil || c.obj == nil) {
		return
	}
	var committed any
	if c != nil && c.obj != nil {
		committed = c.obj.state
	}
	b, err := t.prog.encodeRecord(&t.enc, r)
	if err == nil {
		r, err = t.prog.decodeRecord(b, c)
	}
	if c != nil && c.obj != nil && c.obj.state == nil {
		c.obj.state = committed
	}
	if err != nil {
		t.stop(asStop(fmt.Errorf("suspended frames at %s: %w", c.name(), err)))
	}
	i := 0
	for j := range t.stack {
		if s := &t.stack[j]; s.home == c {
			s.f, s.self, s.recovered = r.slots[i].f, r.slots[i].self, r.slots[i].recovered
			i++
		}
	}
}

// watched is the state of a clean object before a Step of a function that does not write.
type watched struct {
	self *object
	fn   *Func
	b    []byte
}

// watchTop notes the state of the object that the next Step may only read.
func (t *Thread) watchTop(top *slot) {
	t.watch = watched{}
	if o := top.self; o != nil && !o.dirty && !o.created && !top.fn.Writes {
		if b, err := t.prog.EncodeState(o.cell.ty, o.state, maxDecoded); err == nil {
			t.watch = watched{o, top.fn, b}
		}
	}
}

// checkWatched stops the request if the Step wrote what it may only read: the compiler's analysis is wrong, and the
// write would be lost.
func (t *Thread) checkWatched() {
	w := t.watch
	if w.self == nil || w.self.dirty {
		return
	}
	b, err := t.prog.EncodeState(w.self.cell.ty, w.self.state, maxDecoded)
	if err != nil || !bytes.Equal(b, w.b) {
		t.stop(Stop{Code: "Unavailable", Message: fmt.Sprintf("%s writes the state of %s, but is said not to", w.fn.Name, w.self.cell.name())})
	}
}
