// This file has the faults inside of requests: what they see of the entities, and what becomes of their changes.

package broken

import (
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

func worldFaults() []Fault {
	type request = gateway.Request
	type world = runner.World
	return []Fault{
		{Name: "lost_write", Says: "every tenth change of an entity that was there is lost",
			world: func(*traffic) func(request, world) world {
				n := new(int)
				return func(_ request, own world) world { return &losesWrites{World: own, n: n} }
			}},
		{Name: "lost_update", Says: "a writing request that comes among others sees all entities as they were when it came", linger: time.Millisecond,
			world: func(t *traffic) func(request, world) world {
				v := versions{}
				return func(r request, own world) world { return &stale{World: own, versions: v, traffic: t, request: r} }
			}},
		{Name: "write_skew", Says: "a writing request that comes among others sees entities beside its own as they were when it came", linger: time.Millisecond,
			world: func(t *traffic) func(request, world) world {
				v := versions{}
				return func(r request, own world) world {
					return &stale{World: own, versions: v, traffic: t, request: r, own: true}
				}
			}},
		{Name: "dirty_read", Says: "what a request wrote that failed among others is seen until the next one writes",
			world: func(t *traffic) func(request, world) world {
				var undo []runner.Change
				return func(r request, own world) world {
					if len(undo) > 0 && !r.Func.ReadOnly {
						own.Commit(undo, maxState)
						undo = nil
					}
					return &dirty{World: own, traffic: t, undo: &undo}
				}
			}},
		{Name: "partial_rollback", Says: "of a request that failed only the entity that was asked is put back",
			world: func(*traffic) func(request, world) world {
				return func(r request, own world) world { return &partial{World: own, request: r} }
			}},
		{Name: "torn_commit", Says: "of a request that changes several entities, one change is lost",
			world: func(*traffic) func(request, world) world {
				return func(_ request, own world) world { return tornCommits{own} }
			}},
		{Name: "ignores_deletion", Says: "entities that were deleted go on to answer",
			world: func(*traffic) func(request, world) world {
				return func(_ request, own world) world { return keepsAll{own} }
			}},
		{Name: "overwrites", Says: "a constructor takes the place of an entity that exists",
			world: func(*traffic) func(request, world) world {
				return func(r request, own world) world { return overwrites{own, r} }
			}},
		{Name: "unbounded_states", Says: "states may have any size",
			world: func(*traffic) func(request, world) world {
				return func(_ request, own world) world { return unbounded{own} }
			}},
	}
}

// maxState is more than any state has, in bytes.
const maxState = 1 << 30

type losesWrites struct {
	runner.World
	n *int // writes
}

func (w *losesWrites) Commit(changes []runner.Change, limit int) error {
	var kept []runner.Change
	for _, c := range changes {
		if before, err := w.Load(c.Type, c.Key); err == nil && before != nil && c.State != nil {
			if *w.n++; *w.n%10 == 0 {
				continue
			}
		}
		kept = append(kept, c)
	}
	return w.World.Commit(kept, limit)
}

// versions are the states that entities had, oldest first. An entity that was not there had nil.
type versions map[entity][]version

type entity struct {
	ty  *runner.EntityType
	key string
}

type version struct {
	until uint64 // the number of the commit that replaced it
	state func() any
}

// maxVersions is how many of an entity are kept: more than requests can be under way.
const maxVersions = 200

// stale shows a request the entities as they were when it came.
type stale struct {
	runner.World
	versions versions
	traffic  *traffic
	request  gateway.Request
	own      bool // but the entity that is asked as it is
}

func (w *stale) Load(ty *runner.EntityType, key string) (any, error) {
	own := w.own && ty == w.request.Func.Entity && key == w.request.Key
	if w.request.Func.ReadOnly || own {
		return w.World.Load(ty, key)
	}
	since := w.traffic.since(w.request.ID)
	for _, v := range w.versions[entity{ty, key}] {
		if v.until > since {
			return v.state(), nil
		}
	}
	return w.World.Load(ty, key)
}

func (w *stale) Commit(changes []runner.Change, limit int) error {
	number := w.traffic.commit()
	for _, c := range changes {
		before, err := w.World.Load(c.Type, c.Key)
		if err != nil {
			return err
		}
		e := entity{c.Type, c.Key}
		list := append(w.versions[e], version{number, w.traffic.copier(c.Type, before)})
		w.versions[e] = list[max(0, len(list)-maxVersions):]
	}
	return w.World.Commit(changes, limit)
}

// written are the objects that a request may have written.
type written []runner.Change

func (w *written) note(ty *runner.EntityType, key string, state any) {
	*w = append(*w, runner.Change{Type: ty, Key: key, State: state})
}

type dirty struct {
	runner.World
	written
	traffic *traffic
	undo    *[]runner.Change
}

func (w *dirty) Backup(ty *runner.EntityType, key string, state any) {
	w.note(ty, key, state)
	w.World.Backup(ty, key, state)
}

func (w *dirty) Abort() {
	if w.traffic.busy() {
		for _, c := range w.written {
			before, err := w.Load(c.Type, c.Key)
			if err == nil && before != nil {
				*w.undo = append(*w.undo, runner.Change{Type: c.Type, Key: c.Key, State: before})
			}
		}
		w.Commit(w.written, maxState)
	}
	w.World.Abort()
}

type partial struct {
	runner.World
	written
	request gateway.Request
}

func (w *partial) Backup(ty *runner.EntityType, key string, state any) {
	if ty != w.request.Func.Entity || key != w.request.Key {
		w.note(ty, key, state)
	}
	w.World.Backup(ty, key, state)
}

func (w *partial) Abort() {
	w.Commit(w.written, maxState)
	w.World.Abort()
}

type tornCommits struct{ runner.World }

func (w tornCommits) Commit(changes []runner.Change, limit int) error {
	if len(changes) > 1 {
		changes = changes[:len(changes)-1]
	}
	return w.World.Commit(changes, limit)
}

type keepsAll struct{ runner.World }

func (w keepsAll) Commit(changes []runner.Change, limit int) error {
	var kept []runner.Change
	for _, c := range changes {
		if c.State != nil {
			kept = append(kept, c)
		}
	}
	return w.World.Commit(kept, limit)
}

type overwrites struct {
	runner.World
	request gateway.Request
}

func (w overwrites) Load(ty *runner.EntityType, key string) (any, error) {
	if ty == w.request.Func.Creates {
		return nil, nil
	}
	return w.World.Load(ty, key)
}

type unbounded struct{ runner.World }

func (w unbounded) Commit(changes []runner.Change, _ int) error {
	return w.World.Commit(changes, maxState)
}
