// This file keeps entities in memory, up to a number of bytes.

package engine

import (
	"github.com/stateful-entities/sfc/runner"
)

// entity is one entity as the executor has it.
type entity struct {
	ty      *runner.EntityType
	key     string
	bytes   []byte // its state as committed, encoded; of old if stale
	state   any    // the same, decoded; nil: to be decoded at the next load
	stale   bool   // bytes are to be made of state when the group ends
	deleted bool   // there is none
	length  int    // of bytes; if stale at most
	size    int64

	// Not in the database yet: it cannot be dropped.
	dirty  bool // written by the group that is forming
	pinned bool // written by the group that is being committed

	used         bool    // since it came, or was passed over
	newer, older *entity // by when it came, or was passed over
}

// overhead is what an entity takes beyond its key and state: this struct, a place in a map, allocation. A decoded
// state is taken to be expansion times as long as its encoding.
const (
	overhead  = 256
	expansion = 4
)

func (x *entity) weigh() int64 {
	return int64(overhead + len(x.key) + (1+expansion)*x.length)
}

// cache holds entities. Those go first that have not been used for long: the oldest goes, unless it was used since it
// came, which earns it another round (second chance).
type cache struct {
	bound  int64
	size   int64
	of     []map[string]*entity // by EntityType.ID
	newest *entity
	oldest *entity
}

func newCache(p *runner.Program, bound int64) *cache {
	c := &cache{bound: bound, of: make([]map[string]*entity, len(p.Types))}
	for i := range c.of {
		c.of[i] = map[string]*entity{}
	}
	return c
}

// get gives an entity that is here, or nil, and notes its use.
func (c *cache) get(ty *runner.EntityType, key string) *entity {
	x := c.of[ty.ID][key]
	if x != nil {
		x.used = true
	}
	return x
}

// add takes an entity that is not here.
func (c *cache) add(x *entity) {
	c.of[x.ty.ID][x.key] = x
	c.link(x)
	c.weigh(x)
}

// weigh takes note of an entity's new size.
func (c *cache) weigh(x *entity) {
	c.size -= x.size
	x.size = x.weigh()
	c.size += x.size
}

// drop takes an entity out.
func (c *cache) drop(x *entity) {
	delete(c.of[x.ty.ID], x.key)
	c.unlink(x)
	c.size -= x.size
}

// shrink drops what has not been used for long until the bound holds. What the database does not have stays.
func (c *cache) shrink() {
	left := 0 // two rounds: the second finds everything unused
	for _, of := range c.of {
		left += 2 * len(of)
	}
	for ; left > 0 && c.size > c.bound; left-- {
		x := c.oldest
		if !x.used && !x.dirty && !x.pinned {
			c.drop(x)
			continue
		}
		x.used = false
		c.unlink(x)
		c.link(x)
	}
}

func (c *cache) link(x *entity) {
	x.newer, x.older = nil, c.newest
	if c.newest != nil {
		c.newest.newer = x
	} else {
		c.oldest = x
	}
	c.newest = x
}

func (c *cache) unlink(x *entity) {
	if x.newer != nil {
		x.newer.older = x.older
	} else {
		c.newest = x.older
	}
	if x.older != nil {
		x.older.newer = x.newer
	} else {
		c.oldest = x.newer
	}
}
