// This file tests what an engine promises, over folders on disk, with a program written by hand.

package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// open opens the test program's engine; the test closes it if it has not.
func open(t testing.TB, dir string, o Options) *Engine {
	e, err := Open(dir, gatewaytest.Program(), gatewaytest.Text(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// call runs a request and gives its result, or the code of its error.
func call(t testing.TB, e *Engine, id, function, key, body string) string {
	return text(do(t, e, id, function, key, body))
}

func do(t testing.TB, e *Engine, id, function, key, body string) gateway.Response {
	r, err := e.NewRequest(id, function, key, []byte(body))
	require.NoError(t, err)
	return e.Call(context.Background(), r)
}

func text(resp gateway.Response) string {
	if resp.Err != nil {
		return resp.Err.Code
	}
	return string(resp.Result)
}

func state(t testing.TB, e *Engine, ty, key string) string {
	cut, err := e.Query(context.Background(), gateway.Selection{Type: ty, Key: key})
	require.NoError(t, err)
	if len(cut.Entities[0]) == 0 {
		return ""
	}
	return string(cut.Entities[0][0].State)
}

// selected is what a query of one selection finds.
func selected(t testing.TB, e *Engine, sel gateway.Selection) []gateway.Entity {
	cut, err := e.Query(context.Background(), sel)
	require.NoError(t, err)
	return cut.Entities[0]
}

func code(err error) string {
	var named *sfc.Error
	if errors.As(err, &named) {
		return named.Code
	}
	return fmt.Sprint(err)
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	require.Equal(t, `"alice"`, call(t, e, "a", "NewAccount", "", `["alice",100]`))
	require.Equal(t, "null", call(t, e, "b", "Account.Deposit", "alice", `[5]`))
	require.Equal(t, "Application", call(t, e, "c", "Account.Deposit", "alice", `[-50]`))
	require.Equal(t, "Panic", call(t, e, "d", "Account.Crash", "alice", ``))
	require.Equal(t, "105", call(t, e, "e", "Account.Balance", "alice", ``))
	before, err := e.History(context.Background(), 0, 100)
	require.NoError(t, err)
	require.Len(t, before, 4, "read-only requests are not recorded")
	require.NoError(t, e.Close())
	require.Equal(t, "Unavailable", call(t, e, "f", "Account.Balance", "alice", ``))

	e = open(t, dir, Options{})
	require.JSONEq(t, `{"owner":"alice","Balance":105}`, state(t, e, "Account", "alice"))
	after, err := e.History(context.Background(), 0, 100)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, []uint64{1, 2, 3, 4}, []uint64{after[0].Position, after[1].Position, after[2].Position, after[3].Position})
	require.Equal(t, []string{"Account/alice"}, after[1].Changed)
	require.Empty(t, after[2].Changed)
	require.Equal(t, "Account.Deposit", after[1].Function)
	require.Equal(t, "null", call(t, e, "b", "Account.Deposit", "alice", `[5]`))
	failed := do(t, e, "c", "Account.Deposit", "alice", `[-50]`)
	require.Equal(t, "negative amount", failed.Err.Message)
	require.Equal(t, "bank.go:30", failed.Err.At)
	require.Equal(t, "InvalidArgument", call(t, e, "b", "Account.Deposit", "alice", `[6]`))
	require.Equal(t, "InvalidArgument", call(t, e, "b", "Account.Balance", "alice", ``))
	require.Equal(t, "105", call(t, e, "", "Account.Balance", "alice", ``))
	resp, err := e.Recorded(context.Background(), "a")
	require.NoError(t, err)
	require.Equal(t, `"alice"`, string(resp.Result))
	_, err = e.Recorded(context.Background(), "e")
	require.Equal(t, "NotFound", code(err))
	require.Equal(t, `"bob"`, call(t, e, "", "NewAccount", "", `["bob",1]`))
	last, err := e.History(context.Background(), 5, 100)
	require.NoError(t, err)
	require.Len(t, last, 1)
	require.Equal(t, uint64(5), last[0].Position)
}

// TestManyClients adds up what 64 clients deposit, in groups; every balance they are told must be one of the prefix sums.
func TestManyClients(t *testing.T) {
	for _, chaos := range []bool{false, true} {
		e := open(t, t.TempDir(), Options{Chaos: chaos, Cache: 4 << 10})
		const clients, each = 64, 40
		for i := range 8 {
			require.Equal(t, strconv.Quote(fmt.Sprint("a", i)), call(t, e, "", "NewAccount", "", fmt.Sprintf(`["a%d",0]`, i)))
		}
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				seen := map[string]int{}
				for i := range each {
					key, id := fmt.Sprint("a", (c+i)%8), fmt.Sprint(c, "-", i)
					if got := call(t, e, id, "Account.Deposit", key, `[3]`); got != "null" {
						t.Errorf("deposit: %s", got)
					}
					if got := call(t, e, id, "Account.Deposit", key, `[3]`); got != "null" {
						t.Errorf("again: %s", got)
					}
					b, _ := strconv.Atoi(call(t, e, "", "Account.Balance", key, ``))
					if b%3 != 0 || b < seen[key]+3 {
						t.Errorf("balance %d of %s after %d", b, key, seen[key])
					}
					seen[key] = b
				}
			})
		}
		wg.Wait()
		cut, err := e.Query(context.Background(), gateway.Selection{Type: "Account"}, gateway.Selection{Type: "Counter"})
		require.NoError(t, err)
		require.Equal(t, uint64(8+clients*each), cut.Position)
		require.Len(t, cut.Entities[0], 8)
		for _, a := range cut.Entities[0] {
			require.JSONEq(t, fmt.Sprintf(`{"owner":%q,"Balance":%d}`, a.Key, 3*clients*each/8), string(a.State))
		}
		require.NoError(t, e.Close())
	}
}

func TestDuplicatesAtOnce(t *testing.T) {
	e := open(t, t.TempDir(), Options{})
	require.Equal(t, "1", call(t, e, "", "NewCounter", "", `[1]`))
	for round := range 50 {
		results := make([]string, 8)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i] = call(t, e, fmt.Sprint("same-", round), "Counter.Bump", "1", ``) })
		}
		wg.Wait()
		for _, r := range results {
			require.Equal(t, fmt.Sprint(round+1), r)
		}
	}
}

// TestQueriesSeeOneMoment: one client deposits to a, then, once that is answered, bumps counter 1. A query that reads
// both types never sees the bump without the deposit, nor a position that does not fit.
func TestQueriesSeeOneMoment(t *testing.T) {
	e := open(t, t.TempDir(), Options{})
	require.Equal(t, "1", call(t, e, "", "NewCounter", "", `[1]`))
	require.Equal(t, `"a"`, call(t, e, "", "NewAccount", "", `["a",0]`))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 300 {
			call(t, e, "", "Account.Deposit", "a", `[1]`)
			call(t, e, "", "Counter.Bump", "1", ``)
		}
	}()
	for last, more := uint64(0), true; more; {
		select {
		case <-ended:
			more = false
		default:
		}
		cut, err := e.Query(context.Background(), gateway.Selection{Type: "Counter", Key: "1"}, gateway.Selection{Type: "Account"})
		require.NoError(t, err)
		done := int(cut.Position) - 2
		require.JSONEq(t, fmt.Sprintf(`{"id":1,"n":%d}`, done/2), string(cut.Entities[0][0].State))
		require.JSONEq(t, fmt.Sprintf(`{"owner":"a","Balance":%d}`, (done+1)/2), string(cut.Entities[1][0].State))
		require.GreaterOrEqual(t, cut.Position, last)
		last = cut.Position
	}
}

func TestIntegerKeysSortByValue(t *testing.T) {
	e := open(t, t.TempDir(), Options{})
	keys := []string{strconv.Itoa(math.MinInt64), "-300", "-2", "0", "2", "10", "256", strconv.Itoa(math.MaxInt64)}
	for _, i := range []int{5, 0, 7, 3, 1, 6, 2, 4} {
		require.Equal(t, keys[i], call(t, e, "", "NewCounter", "", "["+keys[i]+"]"))
	}
	counters := e.entityType("Counter")
	var got []string
	for _, x := range selected(t, e, gateway.Selection{Type: "Counter"}) {
		got = append(got, x.Key)
	}
	require.Equal(t, keys, got)
	list := selected(t, e, gateway.Selection{Type: "Counter", After: "-2", Limit: 2})
	require.Equal(t, "0", list[0].Key)
	require.Equal(t, "2", list[1].Key)
	_, err := e.State(context.Background(), counters, "007")
	require.Equal(t, "InvalidArgument", code(err))
	_, err = e.State(context.Background(), counters, "7")
	require.Equal(t, "NotFound", code(err))

	last := []byte(nil)
	for _, k := range append(keys, strconv.FormatUint(math.MaxUint64, 10)) {
		b, err := orderedInt(nil, k)
		require.NoError(t, err)
		require.Negative(t, bytes.Compare(last, b))
		back, err := keyText(counters, b)
		require.NoError(t, err)
		require.Equal(t, k, back)
		last = b
	}
}

func TestExpiry(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o := Options{Horizon: time.Hour, Clock: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }}
	ahead := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(d) }
	dir := t.TempDir()
	e := open(t, dir, o)
	require.Equal(t, "1", call(t, e, "made", "NewCounter", "", `[1]`))
	require.Equal(t, "1", call(t, e, "old", "Counter.Bump", "1", ``))
	ahead(time.Hour)
	require.Equal(t, "1", call(t, e, "old", "Counter.Bump", "1", ``))
	ahead(time.Second)
	require.Equal(t, "Expired", call(t, e, "old", "Counter.Bump", "1", ``))
	require.Equal(t, "2", call(t, e, "new", "Counter.Bump", "1", ``))
	require.NoError(t, e.Close())

	e = open(t, dir, o)
	require.Equal(t, "Expired", call(t, e, "old", "Counter.Bump", "1", ``))
	require.Equal(t, "2", call(t, e, "new", "Counter.Bump", "1", ``))
	_, err := e.Recorded(context.Background(), "old")
	require.Equal(t, "Expired", code(err))
	kept, err := e.History(context.Background(), 0, 100)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, "new", kept[0].ID)
	ahead(-24 * time.Hour)
	require.Equal(t, "3", call(t, e, "later", "Counter.Bump", "1", ``))
	kept, err = e.History(context.Background(), 0, 100)
	require.NoError(t, err)
	require.False(t, kept[1].Time.Before(kept[0].Time), "time runs backwards")
	require.NoError(t, e.Close())

	o.HistoryCount = 3
	e = open(t, dir, o)
	for i := range 10 {
		require.Equal(t, strconv.Itoa(4+i), call(t, e, fmt.Sprint("n", i), "Counter.Bump", "1", ``))
	}
	require.Equal(t, "Expired", call(t, e, "n6", "Counter.Bump", "1", ``))
	require.Equal(t, "11", call(t, e, "n7", "Counter.Bump", "1", ``))
	require.Equal(t, "Expired", call(t, e, "new", "Counter.Bump", "1", ``))
	kept, err = e.History(context.Background(), 0, 100)
	require.NoError(t, err)
	require.LessOrEqual(t, len(kept), 4)
}

// TestTimeIsPromised: a read-only request was told a time, then the process is killed and the clock goes back.
func TestTimeIsPromised(t *testing.T) {
	fs := crashable()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e := open(t, "data", Options{fs: fs, Clock: func() time.Time { return now }})
	require.Equal(t, "NotFound", call(t, e, "", "Account.Balance", "nobody", ``))
	after := crashed(fs)
	e = open(t, "data", Options{fs: after, Clock: func() time.Time { return now.Add(-time.Hour) }})
	require.Equal(t, "1", call(t, e, "x", "NewCounter", "", `[1]`))
	list, err := e.History(context.Background(), 0, 1)
	require.NoError(t, err)
	require.False(t, list[0].Time.Before(now))
}

// slow is an engine whose executor holds a request, the answer to which comes once release is called.
func slow(t *testing.T, o Options) (e *Engine, first chan string, release func()) {
	hold, held := make(chan struct{}), make(chan struct{}, 100)
	var once sync.Once
	o.Clock = func() time.Time {
		select {
		case held <- struct{}{}:
		default:
		}
		<-hold
		return time.Now()
	}
	e = open(t, t.TempDir(), o)
	release = func() { once.Do(func() { close(hold) }) }
	t.Cleanup(release)
	first = make(chan string, 1)
	go func() { first <- call(t, e, "first", "NewCounter", "", `[100]`) }()
	<-held
	return e, first, release
}

func TestOverload(t *testing.T) {
	e, first, release := slow(t, Options{Queue: 4})
	codes := make(chan string, 20)
	for i := range 20 {
		go func() { codes <- call(t, e, "", "NewCounter", "", fmt.Sprintf("[%d]", i)) }()
	}
	got := map[string]int{}
	for range 16 { // four wait
		got[<-codes]++
	}
	require.Equal(t, map[string]int{"Overloaded": 16}, got)
	release()
	for range 4 {
		require.NotEqual(t, "Overloaded", <-codes)
	}
	require.Equal(t, "100", <-first)
	cut, err := e.Query(context.Background(), gateway.Selection{Type: "Counter"})
	require.NoError(t, err)
	require.Len(t, cut.Entities[0], 5, "what was refused has no effect, what was not has")
}

func TestDeadlines(t *testing.T) {
	e, first, release := slow(t, Options{})
	late, err := e.NewRequest("late", "NewCounter", "", []byte(`[2]`))
	require.NoError(t, err)
	late.Deadline = time.Now().Add(20 * time.Millisecond)
	ctx, cancel := context.WithDeadline(context.Background(), late.Deadline)
	defer cancel()
	require.Equal(t, "DeadlineExceeded", text(e.Call(ctx, late)))

	gone, err := e.NewRequest("gone", "NewCounter", "", []byte(`[3]`))
	require.NoError(t, err)
	ctx, leave := context.WithCancel(context.Background())
	leave()
	require.Equal(t, "Unavailable", text(e.Call(ctx, gone)))

	past, err := e.NewRequest("past", "NewCounter", "", []byte(`[4]`))
	require.NoError(t, err)
	past.Deadline = time.Now()
	waits := make(chan string)
	go func() { waits <- text(e.Call(context.Background(), past)) }()
	time.Sleep(time.Millisecond) // the deadline passes, whichever comes first
	release()
	require.Equal(t, "100", <-first)
	require.Equal(t, "DeadlineExceeded", <-waits)
	cut, err := e.Query(context.Background(), gateway.Selection{Type: "Counter"})
	require.NoError(t, err)
	require.Len(t, cut.Entities[0], 1)
}

func TestFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir, Options{})
	require.Equal(t, "1", call(t, e, "", "NewCounter", "", `[1]`))
	_, err := Open(dir, gatewaytest.Program(), gatewaytest.Text(), Options{})
	require.ErrorContains(t, err, "in use by another process")
	require.NoError(t, e.Close())

	changed := func(change func(*ir.Program)) error {
		p := gatewaytest.Described()
		change(p)
		b, err := ir.Encode(p, ir.JSON)
		require.NoError(t, err)
		q := gatewaytest.Program()
		q.ID = p.ID
		e, err := Open(dir, q, b, Options{})
		if err == nil {
			require.NoError(t, e.Close())
		}
		return err
	}
	err = changed(func(p *ir.Program) { p.ID = "example.com/other" })
	require.ErrorContains(t, err, `"example.com/bank"`)
	require.ErrorContains(t, err, `"example.com/other"`)
	err = changed(func(p *ir.Program) { p.Types[1].Struct[1].Type = ir.Basic(ir.String) })
	require.ErrorContains(t, err, "entity type Counter, field n")
	require.NoError(t, changed(func(p *ir.Program) {
		p.Types[1].Struct = append(p.Types[1].Struct, &ir.FieldDef{Name: "more", Type: ir.Basic(ir.Int)})
	}))
	err = changed(func(p *ir.Program) { p.Types[1].Struct[1].Type = ir.Basic(ir.String) })
	require.ErrorContains(t, err, "entity type Counter, field n", "the refused program must not be stored")
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	e := open(t, filepath.Join(dir, "data"), Options{})
	require.Equal(t, "1", call(t, e, "a", "NewCounter", "", `[1]`))
	require.Equal(t, "1", call(t, e, "b", "Counter.Bump", "1", ``))
	require.NoError(t, e.Backup(filepath.Join(dir, "copy")))
	require.ErrorContains(t, e.Backup(filepath.Join(dir, "copy")), "exists already")
	require.Equal(t, "2", call(t, e, "c", "Counter.Bump", "1", ``))

	copied := open(t, filepath.Join(dir, "copy"), Options{})
	require.JSONEq(t, `{"id":1,"n":1}`, state(t, copied, "Counter", "1"))
	require.Equal(t, "1", call(t, copied, "b", "Counter.Bump", "1", ``))
	require.Equal(t, "2", call(t, copied, "c", "Counter.Bump", "1", ``))
}

func TestBadRequests(t *testing.T) {
	e := open(t, t.TempDir(), Options{})
	for _, r := range []gateway.Request{
		{ID: "has space"}, {ID: ""}, {ID: "x", Key: ""}, {ID: "x", Key: strings.Repeat("x", runner.MaxKey+1)}, {ID: "x", Key: "\xff"},
	} {
		r.Client, r.Func = true, e.program.Funcs[2]
		r.Frame = r.Func.New()
		require.Equal(t, "InvalidArgument", text(e.Call(context.Background(), r)), "%q %q", r.ID, r.Key)
	}
	_, err := e.NewRequest("", "Account.audit", "x", nil)
	require.Equal(t, "NotFound", code(err))
	_, err = e.NewRequest("", "Account.Deposit", "x", []byte(`["y"]`))
	require.Equal(t, "InvalidArgument", code(err))
	require.Equal(t, "InvalidArgument", call(t, e, "x", "Counter.Bump", "x", ``))
	_, err = e.Query(context.Background(), gateway.Selection{Type: "Nothing"})
	require.Equal(t, "NotFound", code(err))
	list, err := e.History(context.Background(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, list, "refusals are not recorded")
}

func TestEntryKeepsAll(t *testing.T) {
	for _, x := range []*Entry{
		{Position: 7, ID: "id", Client: true, Time: time.Unix(5, 6).UTC(), Function: "f", Key: "k", Arguments: []byte{1, 2},
			Result: []byte(`{"a":1}`), Changed: []string{"A/b", "C/d"}},
		{Position: 8, ID: "id2", Time: time.Unix(0, 0).UTC(), Function: "g", Arguments: []byte{}, Err: &sfc.Error{Code: "c", Message: "m", Entity: "e", Method: "f", At: "a:1"}},
	} {
		b := x.append(nil)
		y, err := decodeEntry(x.Position, b)
		require.NoError(t, err)
		require.Equal(t, x, y)
		for i := range b {
			_, err := decodeEntry(x.Position, b[:i])
			require.Error(t, err)
		}
	}
}
