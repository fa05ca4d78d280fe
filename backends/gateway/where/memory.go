// This file answers queries over a world in memory.

package where

import (
	"context"
	"slices"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

// Memory answers a query over a world in memory, which the caller keeps as it is meanwhile: it is after the request at
// position. Errors are *sfc.Error, but for ctx's.
func Memory(ctx context.Context, p *runner.Program, m *runner.Memory, position uint64, selections []gateway.Selection) (*gateway.Cut, error) {
	cut := &gateway.Cut{Position: position}
	for _, sel := range selections {
		picker, err := pickOf(ctx, p, m, sel)
		if err != nil {
			return nil, err
		}
		cut.Entities, cut.More = append(cut.Entities, picker.Found), append(cut.More, picker.More)
	}
	return cut, nil
}

// pickOf finds the entities of one selection.
func pickOf(ctx context.Context, p *runner.Program, m *runner.Memory, sel gateway.Selection) (*Picker, error) {
	i := slices.IndexFunc(p.Types, func(ty *runner.EntityType) bool { return ty.Name == sel.Type })
	if i < 0 {
		return nil, gateway.Errorf("NotFound", "no entity type %q", sel.Type)
	}
	ty := p.Types[i]
	picker, fail := NewPicker(jsonvalue.For(p), ty, sel)
	if fail != nil {
		return nil, fail
	}
	for _, key := range keysOf(m, ty, sel) {
		if picker.Full() {
			break
		}
		state, there := m.State(ty, key)
		if !there {
			continue
		}
		if err := picker.Take(ctx, key, state); err != nil {
			return nil, err
		}
	}
	return picker, nil
}

// keysOf gives the keys that a selection is about, in order.
func keysOf(m *runner.Memory, ty *runner.EntityType, sel gateway.Selection) []string {
	if sel.Key != "" {
		return []string{sel.Key}
	}
	keys := m.Keys(ty)
	slices.SortFunc(keys, func(a, b string) int { return gateway.CompareKeys(ty, a, b) })
	return slices.DeleteFunc(keys, func(k string) bool { return sel.After != "" && gateway.CompareKeys(ty, k, sel.After) <= 0 })
}
