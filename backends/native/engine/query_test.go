// This file tests queries and records of an engine.

package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
)

func keysOf(list []gateway.Entity) string {
	var keys []string
	for _, x := range list {
		keys = append(keys, x.Key)
	}
	return strings.Join(keys, " ")
}

func TestQueryWhere(t *testing.T) {
	e := open(t, t.TempDir(), Options{})
	for i := range 30 {
		call(t, e, "", "NewAccount", "", fmt.Sprintf(`["a%02d",%d]`, i, 10*i))
	}
	for i := -2; i < 13; i++ {
		call(t, e, "", "NewCounter", "", fmt.Sprintf(`[%d]`, i))
	}
	cut, err := e.Query(context.Background(),
		gateway.Selection{Type: "Account", Where: `Balance >= 100 && owner.endsWith("2")`},
		gateway.Selection{Type: "Counter", Where: "id < 2", Limit: 3},
		gateway.Selection{Type: "Counter", Where: "id < 2", Limit: 3, After: "0"},
		gateway.Selection{Type: "Counter", Key: "5", Where: "n == 0"},
		gateway.Selection{Type: "Counter", Key: "5", Where: "n > 0"},
		gateway.Selection{Type: "Account"},
	)
	require.NoError(t, err)
	require.Equal(t, uint64(45), cut.Position)
	want := []string{"a12 a22", "-2 -1 0", "1", "5", "", ""}
	for i, list := range cut.Entities[:5] {
		require.Equal(t, want[i], keysOf(list))
	}
	require.Len(t, cut.Entities[5], 30)
	require.Equal(t, []string{"", "0", "", "", "", ""}, cut.More)

	for text, detail := range map[string]string{
		"Balanc > 1": `unknown field "Balanc": did you mean "Balance"?`, "Balance": "not true or false", "1/Balance > 1": "Account/a00: division by zero",
	} {
		_, err := e.Query(context.Background(), gateway.Selection{Type: "Account", Where: text})
		require.Equal(t, "InvalidArgument", code(err))
		require.ErrorContains(t, err, fmt.Sprintf("where %q", text))
		require.ErrorContains(t, err, detail)
	}
	ctx, leave := context.WithCancel(context.Background())
	leave()
	_, err = e.Query(ctx, gateway.Selection{Type: "Account"})
	require.ErrorIs(t, err, context.Canceled)
}

func TestRecorded(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	e := open(t, t.TempDir(), Options{Clock: func() time.Time { return now }})
	call(t, e, "a", "NewAccount", "", `["alice",100]`)
	call(t, e, "b", "Account.Deposit", "alice", `["-5"]`)
	call(t, e, "c", "NewCounter", "", `{"id":7}`)
	rec, err := e.Recorded(context.Background(), "a")
	require.NoError(t, err)
	require.Equal(t, &gateway.Record{
		Response: gateway.Response{ID: "a", Result: json.RawMessage(`"alice"`)}, Position: 1, Time: now, Method: "NewAccount",
		Arguments: json.RawMessage(`{"owner":"alice","balance":100}`), Changed: []string{"Account/alice"},
	}, rec)
	rec, err = e.Recorded(context.Background(), "b")
	require.NoError(t, err)
	require.Equal(t, "Application", rec.Err.Code)
	require.Equal(t, "Account/alice", rec.Entity)
	require.Equal(t, `{"amount":-5}`, string(rec.Arguments))
	require.Empty(t, rec.Changed)
	rec, err = e.Recorded(context.Background(), "c")
	require.NoError(t, err)
	require.Equal(t, uint64(3), rec.Position)
	require.Equal(t, []string{"Counter/7"}, rec.Changed)
	_, err = e.Recorded(context.Background(), "d")
	require.Equal(t, "NotFound", code(err))
}

// TestMadeIDsDoNotRunAgain: an id that a gateway made is forgotten with its entry. A client that asks again with it then
// is refused; one whose request has never run is not.
func TestMadeIDsDoNotRunAgain(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o := Options{Clock: func() time.Time { return now }, HistoryCount: 5}
	dir := t.TempDir()
	e := open(t, dir, o)
	call(t, e, "", "NewCounter", "", `[1]`)
	made := gateway.NewID(now)
	r, err := e.NewRequest(made, "Counter.Bump", "1", nil)
	require.NoError(t, err)
	r.Client = false // as a gateway has it
	require.Equal(t, "1", text(e.Call(context.Background(), r)))
	require.Equal(t, "1", call(t, e, made, "Counter.Bump", "1", ``))
	for i := range 40 {
		now = now.Add(time.Second)
		require.Equal(t, fmt.Sprint(i+2), call(t, e, "", "Counter.Bump", "1", ``))
	}
	for range 2 {
		require.Equal(t, "Expired", call(t, e, made, "Counter.Bump", "1", ``))
		require.NoError(t, e.Close())
		e = open(t, dir, o)
	}
	never := gateway.NewID(now)
	require.Equal(t, "42", call(t, e, never, "Counter.Bump", "1", ``))
	require.Equal(t, "42", call(t, e, never, "Counter.Bump", "1", ``))
}
