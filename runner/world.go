// This file defines the store that a transaction works over, and what a transaction sees of it.

package runner

// World is a store of entities that direct transactions work over, one transaction at a time.
//
// A transaction works on an entity's state in place, so that every alias that a frame holds stays true. A store that
// keeps states as bytes decodes in Load and has nothing to put back; one that keeps them decoded takes a copy in
// Backup and puts it back in Abort.
type World interface {
	// Load gives the state of an entity, nil if there is none. It is asked once per transaction and entity.
	Load(ty *EntityType, key string) (state any, err error)
	// Backup is told before the first function that may write runs on a state that Load gave.
	Backup(ty *EntityType, key string, state any)
	// Commit stores the changes: all, or with an error none. A state that takes more than maxState bytes encoded is a
	// [Stop] of code LimitExceeded; other errors fail the request as Unavailable.
	Commit(changes []Change, maxState int) error
	// Abort ends a transaction without a change, also after an error of Commit.
	Abort()
}

// Change is what a transaction did to one entity.
type Change struct {
	Type  *EntityType
	Key   string
	State any // nil: it is deleted
}

// cell is one entity as one transaction sees it.
type cell struct {
	ty      *EntityType
	key     string
	existed bool    // before the transaction
	obj     *object // nil: it does not exist
	first   object  // the one it existed as
}

// object is one life of an entity: deleting and creating it again makes another one.
type object struct {
	cell    *cell
	state   any  // pointer to the generated struct
	dirty   bool // a function that may write has run on it
	created bool // in this transaction
}

// name is Type/key, "" outside entities.
func (c *cell) name() string {
	if c == nil {
		return ""
	}
	return c.ty.Name + "/" + c.key
}

// change says what the transaction did to the entity.
func (c *cell) change() (Change, bool) {
	switch {
	case c.obj == nil:
		return Change{Type: c.ty, Key: c.key}, c.existed
	case c.obj.dirty || c.obj.created:
		return Change{Type: c.ty, Key: c.key, State: c.obj.state}, true
	}
	return Change{}, false
}

// cells are all entities that a transaction has touched.
type cells struct {
	world World
	of    []map[string]*cell // by EntityType.ID
	order []*cell            // as they were touched
	last  *cell              // the one touched last: often the next one too
	free  []*cell            // of earlier transactions
}

func (cs *cells) forget() {
	for _, c := range cs.order {
		delete(cs.of[c.ty.ID], c.key)
		*c = cell{}
	}
	if len(cs.free) < maxPooled {
		cs.free = append(cs.free, cs.order...)
	}
	clear(cs.order)
	cs.order = cs.order[:0]
	cs.world, cs.last = nil, nil
}

// cell gives an entity as the transaction sees it, and loads it at the first touch.
func (t *Thread) cell(ty *EntityType, key string) *cell {
	if c := t.cells.last; c != nil && c.key == key && c.ty == ty {
		return c
	}
	c := t.cells.of[ty.ID][key]
	if c == nil {
		c = t.load(ty, key)
	}
	t.cells.last = c
	return c
}

// load touches an entity for the first time.
func (t *Thread) load(ty *EntityType, key string) *cell {
	if len(t.cells.order) >= t.limits.Entities {
		t.stop(exceeded("entities", int64(t.limits.Entities)))
	}
	state, err := t.cells.world.Load(ty, key)
	if err != nil {
		t.stop(asStop(err))
	}
	c := t.cells.fresh()
	c.ty, c.key, c.existed = ty, key, state != nil
	if c.existed {
		c.first = object{cell: c, state: state}
		c.obj = &c.first
	}
	if t.cells.of[ty.ID] == nil {
		t.cells.of[ty.ID] = map[string]*cell{}
	}
	t.cells.of[ty.ID][key] = c
	t.cells.order = append(t.cells.order, c)
	return c
}

// fresh gives a zeroed cell.
func (cs *cells) fresh() *cell {
	n := len(cs.free) - 1
	if n < 0 {
		return new(cell)
	}
	c := cs.free[n]
	cs.free = cs.free[:n]
	return c
}

// beforeWrite notes that a function that may write runs on an object.
func (t *Thread) beforeWrite(o *object) {
	if o.dirty {
		return
	}
	o.dirty = true
	if !o.created && t.cells.world != nil {
		t.cells.world.Backup(o.cell.ty, o.cell.key, o.state)
	}
}

// changes lists what the transaction did, in the order in which the entities were touched.
func (cs *cells) changes() []Change {
	var list []Change
	for _, c := range cs.order {
		if ch, ok := c.change(); ok {
			list = append(list, ch)
		}
	}
	return list
}
