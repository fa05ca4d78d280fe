// This file has the faults around requests: what is asked, how often, and what is answered.

package broken

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
)

func requestFaults() []Fault {
	type executor = gateway.Executor
	return []Fault{
		{Name: "stale_read", Says: "a read-only request among others gets the answer that one like it got before",
			requests: func(x executor, t *traffic) executor {
				return &staleReads{Executor: x, traffic: t, seen: map[string]gateway.Response{}}
			}},
		{Name: "answered_before_run", Says: "a request without results that comes among others is answered first and run later",
			requests: func(x executor, t *traffic) executor { return earlyAnswers{x, t} }},
		{Name: "runs_duplicates", Says: "a request runs each time it is asked, whatever its id",
			requests: func(x executor, _ *traffic) executor { return runsDuplicates{x} }},
		{Name: "runs_duplicates_at_once", Says: "a request that is asked again while it runs, runs again",
			requests: func(x executor, _ *traffic) executor {
				return &runsDuplicatesAtOnce{Executor: x, running: map[string]int{}}
			}},
		{Name: "forgets_ids_at_restart", Says: "ids are known until the process ends",
			requests: func(x executor, _ *traffic) executor { return forgetsIDs{x, "@" + rand.Text()[:6]} }},
		{Name: "runs_failures_again", Says: "a request that failed runs again when it is asked again",
			requests: func(x executor, _ *traffic) executor { return &runsFailures{Executor: x, failed: map[string]int{}} }},
		{Name: "ignores_arguments_of_duplicates", Says: "a request with the id of another one gets the answer of that",
			requests: func(x executor, _ *traffic) executor {
				return &anyArguments{Executor: x, first: map[string]gateway.Request{}}
			}},
		{Name: "swallows_panics", Says: "a request that panicked is answered as if it had succeeded",
			requests: func(x executor, _ *traffic) executor { return swallowsPanics{x} }},
		{Name: "changes_codes", Says: "an entity that does not exist is told as an error of the program's own",
			requests: func(x executor, _ *traffic) executor { return changesCodes{x} }},
		{Name: "runs_after_deadline", Says: "a request whose deadline passes while it waits is refused, and run all the same",
			requests: func(x executor, _ *traffic) executor { return runsLate{x} }},
		{Name: "drops_slashes", Says: "slashes in the keys of requests are dropped",
			requests: func(x executor, _ *traffic) executor { return dropsSlashes{x} }},
		{Name: "records_reads", Says: "the answer of a request that only reads is kept under its id",
			requests: func(x executor, _ *traffic) executor {
				return &recordsReads{Executor: x, first: map[string]gateway.Response{}}
			}},
		{Name: "forgets_history", Says: "nothing is told of requests that ran", requests: func(x executor, _ *traffic) executor { return forgetsHistory{x} }},
		{Name: Modest, Says: "nothing is known of ids, and there are no queries: right for a target that promises neither",
			requests: func(x executor, _ *traffic) executor { return modest{x} }},
		{Name: "cuts_messages", Says: "messages of errors are cut", requests: func(x executor, _ *traffic) executor { return cutsMessages{x} }},
		{Name: "hides_places", Says: "errors do not say where they happened", requests: func(x executor, _ *traffic) executor { return hidesPlaces{x} }},
	}
}

// again runs a request under another id, so that it is not known.
func again(x gateway.Executor, ctx context.Context, r gateway.Request, id string) gateway.Response {
	own := r.ID
	r.ID = id
	resp := x.Call(ctx, r)
	resp.ID = own
	return resp
}

type staleReads struct {
	gateway.Executor
	traffic *traffic
	guard   sync.Mutex
	seen    map[string]gateway.Response
}

func (x *staleReads) Call(ctx context.Context, r gateway.Request) gateway.Response {
	if !r.Func.ReadOnly {
		return x.Executor.Call(ctx, r)
	}
	arguments, _ := json.Marshal(r.Frame.Args())
	what := fmt.Sprintf("%s %s %s", r.Func.Name, r.Key, arguments)
	x.guard.Lock()
	old, seen := x.seen[what]
	x.guard.Unlock()
	if seen && x.traffic.busy() {
		old.ID = r.ID
		return old
	}
	resp := x.Executor.Call(ctx, r)
	if x.guard.Lock(); resp.Err == nil {
		x.seen[what] = resp
	}
	x.guard.Unlock()
	return resp
}

type earlyAnswers struct {
	gateway.Executor
	traffic *traffic
}

func (x earlyAnswers) Call(ctx context.Context, r gateway.Request) gateway.Response {
	if r.Func.Results > 0 || !x.traffic.busy() {
		return x.Executor.Call(ctx, r)
	}
	go func() {
		time.Sleep(3 * time.Millisecond)
		x.Executor.Call(context.Background(), r)
	}()
	return gateway.Response{ID: r.ID, Result: json.RawMessage("null")}
}

type runsDuplicates struct{ gateway.Executor }

func (x runsDuplicates) Call(ctx context.Context, r gateway.Request) gateway.Response {
	return again(x.Executor, ctx, r, rand.Text())
}

type runsDuplicatesAtOnce struct {
	gateway.Executor
	guard   sync.Mutex
	running map[string]int // by id
}

func (x *runsDuplicatesAtOnce) Call(ctx context.Context, r gateway.Request) gateway.Response {
	x.guard.Lock()
	x.running[r.ID]++
	first := x.running[r.ID] == 1
	x.guard.Unlock()
	defer func() {
		x.guard.Lock()
		defer x.guard.Unlock()
		if x.running[r.ID]--; x.running[r.ID] == 0 {
			delete(x.running, r.ID)
		}
	}()
	if first {
		return x.Executor.Call(ctx, r)
	}
	return again(x.Executor, ctx, r, rand.Text())
}

type forgetsIDs struct {
	gateway.Executor
	process string
}

func (x forgetsIDs) Call(ctx context.Context, r gateway.Request) gateway.Response {
	return again(x.Executor, ctx, r, r.ID+x.process)
}

func (x forgetsIDs) Recorded(ctx context.Context, id string) (*gateway.Record, error) {
	rec, err := x.Executor.Recorded(ctx, id+x.process)
	if rec != nil {
		rec.ID = id
	}
	return rec, err
}

type runsFailures struct {
	gateway.Executor
	guard  sync.Mutex
	failed map[string]int // by id: how often
}

func (x *runsFailures) Call(ctx context.Context, r gateway.Request) gateway.Response {
	x.guard.Lock()
	times := x.failed[r.ID]
	x.guard.Unlock()
	id := r.ID
	if times > 0 {
		id = fmt.Sprintf("%s#%d", id, times)
	}
	resp := again(x.Executor, ctx, r, id)
	if x.guard.Lock(); resp.Err != nil {
		x.failed[r.ID]++
	}
	x.guard.Unlock()
	return resp
}

type anyArguments struct {
	gateway.Executor
	guard sync.Mutex
	first map[string]gateway.Request // by id
}

func (x *anyArguments) Call(ctx context.Context, r gateway.Request) gateway.Response {
	x.guard.Lock()
	first, seen := x.first[r.ID]
	if !seen {
		x.first[r.ID] = gateway.Request{Func: r.Func, Key: r.Key}
	}
	x.guard.Unlock()
	if seen && first.Func == r.Func && first.Key == r.Key {
		if rec, err := x.Executor.Recorded(ctx, r.ID); err == nil {
			return rec.Response
		}
	}
	return x.Executor.Call(ctx, r)
}

type swallowsPanics struct{ gateway.Executor }

func (x swallowsPanics) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if resp.Err != nil && resp.Err.Code == "Panic" {
		return gateway.Response{ID: resp.ID, Result: json.RawMessage("null")}
	}
	return resp
}

type changesCodes struct{ gateway.Executor }

func (x changesCodes) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if resp.Err != nil && resp.Err.Code == "NotFound" {
		changed := *resp.Err
		changed.Code, resp.Err = "Application", &changed
	}
	return resp
}

type runsLate struct{ gateway.Executor }

func (x runsLate) Call(ctx context.Context, r gateway.Request) gateway.Response {
	deadline := r.Deadline
	r.Deadline = time.Time{}
	resp := x.Executor.Call(context.WithoutCancel(ctx), r)
	if !deadline.IsZero() && time.Now().After(deadline) {
		return gateway.Response{ID: r.ID, Err: gateway.Errorf("DeadlineExceeded", "the deadline passed before the request started")}
	}
	return resp
}

type dropsSlashes struct{ gateway.Executor }

func (x dropsSlashes) Call(ctx context.Context, r gateway.Request) gateway.Response {
	r.Key = strings.ReplaceAll(r.Key, "/", "")
	return x.Executor.Call(ctx, r)
}

type recordsReads struct {
	gateway.Executor
	guard sync.Mutex
	first map[string]gateway.Response // by id
}

func (x *recordsReads) Call(ctx context.Context, r gateway.Request) gateway.Response {
	x.guard.Lock()
	first, seen := x.first[r.ID]
	x.guard.Unlock()
	if seen {
		return first
	}
	resp := x.Executor.Call(ctx, r)
	if x.guard.Lock(); r.Func.ReadOnly {
		x.first[r.ID] = resp
	}
	x.guard.Unlock()
	return resp
}

type forgetsHistory struct{ gateway.Executor }

func (x forgetsHistory) Recorded(_ context.Context, id string) (*gateway.Record, error) {
	return nil, gateway.Errorf("NotFound", "no request %q is recorded", id)
}

// Modest is a fault only of a target that promises to record requests, or to answer queries.
const Modest = "modest"

type modest struct{ gateway.Executor }

func (x modest) Call(ctx context.Context, r gateway.Request) gateway.Response {
	return again(x.Executor, ctx, r, rand.Text())
}

func (x modest) Recorded(context.Context, string) (*gateway.Record, error) {
	return nil, gateway.Errorf("Unimplemented", "requests are not recorded")
}

func (x modest) Query(context.Context, ...gateway.Selection) (*gateway.Cut, error) {
	return nil, gateway.Errorf("Unimplemented", "there are no queries")
}

type cutsMessages struct{ gateway.Executor }

func (x cutsMessages) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if resp.Err != nil && len(resp.Err.Message) > 20 {
		cut := *resp.Err
		cut.Message, resp.Err = strings.ToValidUTF8(cut.Message[:20], ""), &cut
	}
	return resp
}

type hidesPlaces struct{ gateway.Executor }

func (x hidesPlaces) Call(ctx context.Context, r gateway.Request) gateway.Response {
	resp := x.Executor.Call(ctx, r)
	if resp.Err != nil {
		hidden := *resp.Err
		hidden.At, resp.Err = "", &hidden
	}
	return resp
}
