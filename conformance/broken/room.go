// This file has the faults around what there is no room for: requests that would have to wait, and responses that are old.

package broken

import (
	"context"
	"encoding/json"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/runner"
)

func roomFaults() []Fault {
	type executor = gateway.Executor
	return []Fault{
		{Name: "runs_what_it_refuses", Says: "a request that is refused because too many wait runs later all the same",
			requests: func(x executor, _ *traffic) executor { return runsRefused{x} }},
		{Name: "drops_when_full", Says: "a request for which there is no room is answered as done, and dropped",
			requests: func(x executor, _ *traffic) executor { return dropsWhenFull{x} }},
		{Name: "runs_old_ids", Says: "a request whose response is not kept any longer runs again",
			requests: func(x executor, _ *traffic) executor { return runsOldIDs{x} }},
		{Name: "shallow", Says: "calls may nest a few dozen deep only", limits: func(l *runner.Limits) { l.Depth = 60 }},
	}
}

type runsRefused struct{ gateway.Executor }

func (x runsRefused) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if isOverloaded(resp) {
		go func() {
			for isOverloaded(x.Executor.Call(context.Background(), r)) {
				time.Sleep(time.Millisecond)
			}
		}()
	}
	return resp
}

func isOverloaded(r gateway.Response) bool { return r.Err != nil && r.Err.Code == "Overloaded" }

type dropsWhenFull struct{ gateway.Executor }

func (x dropsWhenFull) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if isOverloaded(resp) {
		return gateway.Response{ID: r.ID, Result: json.RawMessage("null")}
	}
	return resp
}

type runsOldIDs struct{ gateway.Executor }

func (x runsOldIDs) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if resp.Err != nil && resp.Err.Code == "Expired" {
		return again(x.Executor, ctx, r, r.ID+"'")
	}
	return resp
}
