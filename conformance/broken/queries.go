// This file has the faults of queries.

package broken

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
)

func queryFaults() []Fault {
	type executor = gateway.Executor
	return []Fault{
		{Name: "torn_query", Says: "each selection of a query has a moment of its own",
			requests: func(x executor, _ *traffic) executor { return tornQueries{x} }},
		{Name: "stale_query", Says: "a query that was asked before is answered as it was then, for a tenth of a second",
			requests: func(x executor, _ *traffic) executor { return &staleQueries{Executor: x, seen: map[string]seenCut{}} }},
		{Name: "short_pages", Says: "the last entity of a page that is not the last one is left out",
			requests: func(x executor, _ *traffic) executor { return shortPages{x} }},
		{Name: "counted_pages", Says: "the next page begins after as many entities as were shown, whatever comes or goes in between",
			requests: func(x executor, _ *traffic) executor { return &countedPages{Executor: x, shown: map[string]int{}} }},
		{Name: "finds_nothing_as_something", Says: "a query for an entity that does not exist finds one without a state",
			requests: func(x executor, _ *traffic) executor { return inventsEntities{x} }},
	}
}

type tornQueries struct{ gateway.Executor }

func (x tornQueries) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	whole := &gateway.Cut{}
	for _, sel := range selections {
		cut, err := x.Executor.Query(ctx, sel)
		if err != nil {
			return nil, err
		}
		whole.Position = cut.Position
		whole.Entities, whole.More = append(whole.Entities, cut.Entities...), append(whole.More, cut.More...)
		time.Sleep(2 * time.Millisecond)
	}
	return whole, nil
}

type staleQueries struct {
	gateway.Executor
	guard sync.Mutex
	seen  map[string]seenCut // by selections
}

type seenCut struct {
	cut *gateway.Cut
	at  time.Time
}

func (x *staleQueries) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	text, _ := json.Marshal(selections) // texts and numbers
	x.guard.Lock()
	old := x.seen[string(text)]
	x.guard.Unlock()
	if time.Since(old.at) < time.Second/10 {
		return old.cut, nil
	}
	cut, err := x.Executor.Query(ctx, selections...)
	if x.guard.Lock(); err == nil {
		x.seen[string(text)] = seenCut{cut, time.Now()}
	}
	x.guard.Unlock()
	return cut, err
}

type shortPages struct{ gateway.Executor }

func (x shortPages) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	cut, err := x.Executor.Query(ctx, selections...)
	if err != nil {
		return nil, err
	}
	for i, found := range cut.Entities {
		if cut.More[i] != "" && len(found) > 1 {
			cut.Entities[i] = found[:len(found)-1]
		}
	}
	return cut, nil
}

type countedPages struct {
	gateway.Executor
	guard sync.Mutex
	shown map[string]int // by the key that a page ended with: how many entities it and those before it had
}

func (x *countedPages) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	whole := &gateway.Cut{}
	for _, sel := range selections {
		x.guard.Lock()
		before := x.shown[sel.After]
		x.guard.Unlock()
		all := sel
		if all.Limit = 0; before > 0 {
			all.After = ""
		}
		cut, err := x.Executor.Query(ctx, all)
		if err != nil {
			return nil, err
		}
		found, more := cut.Entities[0], cut.More[0]
		found = found[min(before, len(found)):]
		if sel.Limit > 0 && sel.Limit < len(found) {
			found = found[:sel.Limit]
			more = found[sel.Limit-1].Key
			x.guard.Lock()
			x.shown[more] = before + sel.Limit
			x.guard.Unlock()
		}
		whole.Position = cut.Position
		whole.Entities, whole.More = append(whole.Entities, found), append(whole.More, more)
	}
	return whole, nil
}

type inventsEntities struct{ gateway.Executor }

func (x inventsEntities) Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error) {
	cut, err := x.Executor.Query(ctx, selections...)
	if err != nil {
		return nil, err
	}
	for i, sel := range selections {
		if sel.Key != "" && len(cut.Entities[i]) == 0 {
			cut.Entities[i] = []gateway.Entity{{Key: sel.Key, State: json.RawMessage("{}")}}
		}
	}
	return cut, nil
}
