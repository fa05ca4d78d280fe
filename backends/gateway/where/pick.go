// This file picks the entities that a selection wants.

package where

import (
	"context"
	"fmt"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Bounds of a selection that has a limit: it ends behind the entity with which it passes one.
const (
	MaxLooked = 100_000    // entities looked at
	MaxWork   = 10_000_000 // cost of all filtering, in CEL's units: seconds
	MaxFound  = 16 << 20   // bytes of the states that are found
)

// Picker takes the entities of a type one after another, in the order of their keys, and keeps those that a selection
// wants.
type Picker struct {
	Found []gateway.Entity
	More  string // what belongs into Cut.More

	codec  *jsonvalue.Codec
	ty     *runner.EntityType
	limit  int
	filter *Filter // nil: all are wanted
	last   string  // the key that was looked at last
	looked int
	work   uint64
	bytes  int
}

// NewPicker begins a selection of entities of a type. An error is InvalidArgument, of its expression.
func NewPicker(c *jsonvalue.Codec, ty *runner.EntityType, sel gateway.Selection) (*Picker, *sfc.Error) {
	p := &Picker{codec: c, ty: ty, limit: sel.Limit}
	if sel.Where == "" {
		return p, nil
	}
	f, fail := Compile(c, ty, sel.Where)
	p.filter = f
	return p, fail
}

// Full says whether the selection has ended; it is asked when there is one more entity.
func (p *Picker) Full() bool {
	if p.limit == 0 || len(p.Found) < p.limit && p.looked < MaxLooked && p.work < MaxWork && p.bytes < MaxFound {
		return false
	}
	p.More = p.last
	return true
}

// Take looks at an entity, given its decoded state. Errors are *sfc.Error, but for ctx's.
func (p *Picker) Take(ctx context.Context, key string, state any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	text, fail := gateway.StateOf(p.codec, state)
	if fail != nil {
		fail.Message = fmt.Sprintf("%s/%s: %s", p.ty.Name, key, fail.Message)
		return fail
	}
	p.looked++
	p.last = key
	if p.filter != nil {
		ok, cost, fail := p.filter.Match(p.ty.Name+"/"+key, text)
		p.work += cost
		if fail != nil {
			return fail
		}
		if !ok {
			return nil
		}
	}
	p.Found = append(p.Found, gateway.Entity{Key: key, State: text})
	p.bytes += len(text)
	return nil
}
