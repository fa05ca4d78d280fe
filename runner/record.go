// This file encodes what one transaction has at one address: objects and frames, as one graph.

package runner

// record is what one transaction has at one address. Frames may share memory with objects and with each other; so all
// of them are encoded together, with the capacities that slices have.
type record struct {
	cell  *cell // nil at a request cell
	waits []waiting
	slots []slot // the frames of all activations, in order
}

// waiting is an activation: it has frames and owes an answer.
type waiting struct {
	from   Address
	frames int
}

// encodeRecord encodes a record. Its objects are the living one and deleted ones that frames still run on. A living one
// that is as committed and shares no memory with a frame is left out: the committed state serves.
func (p *Program) encodeRecord(e *Enc, r *record) ([]byte, error) {
	objects := r.objects()
	omit, err := p.committedServes(r)
	if err != nil {
		return nil, err
	}
	return e.encode(true, false, maxEncoded, func(e *Enc) {
		e.Bool(r.cell != nil && r.cell.existed)
		e.Bool(r.cell != nil && r.cell.obj != nil)
		e.Array(len(objects))
		for _, o := range objects {
			if omit && o == r.cell.obj {
				e.Nil()
				continue
			}
			e.Array(3)
			e.Bool(o.dirty)
			e.Bool(o.created)
			o.cell.ty.Enc(e, o.state)
		}
		e.Array(len(r.waits))
		for _, w := range r.waits {
			e.Array(3)
			e.Int(int64(w.from.Type))
			e.String(w.from.Key)
			e.Int(int64(w.frames))
		}
		e.Uint(uint64(len(r.slots)))
		for _, s := range r.slots {
			e.Uint(uint64(s.fn.ID))
			e.Bool(s.entry)
			e.Int(int64(indexOf(objects, s.self)))
			e.Panic(s.recovered)
			s.f.Enc(e)
		}
	})
}

// committedServes says whether a record needs no object, because the living one is as committed and no frame shares
// memory with it.
func (p *Program) committedServes(r *record) (bool, error) {
	if r.cell == nil || r.cell.obj == nil || r.cell.obj.dirty || r.cell.obj.created {
		return false, nil
	}
	if len(r.slots) == 0 {
		return true, nil
	}
	frames, object := newEnc(p), newEnc(p)
	frames.Graph, object.Graph = true, true
	err := frames.attempt(func() {
		frames.learn(func(e *Enc) {
			for _, s := range r.slots {
				e.Panic(s.recovered)
				s.f.Enc(e)
			}
		})
		object.learn(func(e *Enc) { r.cell.ty.Enc(e, r.cell.obj.state) })
	})
	return err == nil && !frames.share.meets(&object.share), err
}

// objects lists the objects of a record: the living one first.
func (r *record) objects() (list []*object) {
	if r.cell != nil && r.cell.obj != nil {
		list = append(list, r.cell.obj)
	}
	for _, s := range r.slots {
		if s.self != nil && indexOf(list, s.self) < 0 {
			list = append(list, s.self)
		}
	}
	return list
}

func indexOf(list []*object, o *object) int {
	for i, x := range list {
		if x == o {
			return i
		}
	}
	return -1
}

// decodeRecord decodes a record of a cell, whose objects it replaces. A living object that was left out has no state.
func (p *Program) decodeRecord(b []byte, c *cell) (*record, error) {
	r := &record{cell: c}
	err := p.Decode(b, func(d *Dec) {
		existed, lives := d.Bool(), d.Bool()
		objects := make([]*object, d.Array())
		if c == nil && len(objects) > 0 || lives && len(objects) == 0 {
			d.fail("%d objects", len(objects))
		}
		for i := range objects {
			objects[i] = &object{cell: c}
			if i == 0 && lives && d.Nil() {
				continue
			}
			d.ArrayOf(3)
			*objects[i] = object{cell: c, dirty: d.Bool(), created: d.Bool(), state: c.ty.Dec(d)}
		}
		if c != nil {
			c.existed, c.obj = existed, nil
			if lives {
				c.obj = objects[0]
			}
		}
		d.activations(r, objects)
	})
	return r, err
}

func (d *Dec) activations(r *record, objects []*object) {
	for range d.Array() {
		d.ArrayOf(3)
		w := waiting{from: Address{Type: DecInt[int](d), Key: d.String()}}
		w.frames = DecInt[int](d)
		if w.frames < 1 {
			d.fail("an activation of %d frames", w.frames)
		}
		r.waits = append(r.waits, w)
	}
	for range d.Uint() {
		id := d.Uint()
		if id >= uint64(len(d.p.Funcs)) {
			d.fail("no function %d", id)
		}
		s := slot{fn: d.p.Funcs[id], home: r.cell, entry: d.Bool()}
		switch i := d.Int(); {
		case i >= int64(len(objects)):
			d.fail("no object %d", i)
		case i >= 0:
			s.self = objects[i]
		}
		s.recovered = d.Panic()
		s.f = s.fn.New()
		s.f.Dec(d)
		r.slots = append(r.slots, s)
	}
}
