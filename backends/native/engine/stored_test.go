// This file tests data that has its checksum and yet not the form that the program reads.

package engine

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
)

// TestUndecodableState: a state that the program cannot read fails what touches it, and nothing else.
func TestUndecodableState(t *testing.T) {
	dir := t.TempDir()
	o := Options{Fatal: func(err error) { t.Error(err) }}
	e := open(t, dir, o)
	for _, name := range []string{"alice", "bob"} {
		call(t, e, "", "NewAccount", "", `["`+name+`",1]`)
	}
	require.NoError(t, e.db.Set(append(typePrefix("Account"), "alice"...), []byte{0xa1, 0x67}, pebble.Sync))
	require.NoError(t, e.Close())
	e = open(t, dir, o)
	for range 2 {
		for _, r := range [][3]string{{"Account.Deposit", "alice", `[1]`}, {"Account.Balance", "alice", ``}, {"NewAccount", "", `["alice",1]`}} {
			resp := do(t, e, "", r[0], r[1], r[2])
			require.Equal(t, "Unavailable", text(resp), r[0])
			require.Contains(t, resp.Err.Message, "stored entity Account/alice")
		}
		require.Equal(t, "null", call(t, e, "", "Account.Deposit", "bob", `[1]`))
		_, err := e.Query(context.Background(), gateway.Selection{Type: "Account"})
		require.ErrorContains(t, err, "stored entity Account/alice")
		require.Len(t, selected(t, e, gateway.Selection{Type: "Account", Key: "bob"}), 1)
		require.Len(t, selected(t, e, gateway.Selection{Type: "Account", After: "alice"}), 1)
	}
	require.JSONEq(t, `{"owner":"bob","Balance":3}`, state(t, e, "Account", "bob"))
}

// TestUndecodableEntry: so does an entry of the history.
func TestUndecodableEntry(t *testing.T) {
	dir := t.TempDir()
	o := Options{Fatal: func(err error) { t.Error(err) }}
	e := open(t, dir, o)
	require.Equal(t, "1", call(t, e, "made", "NewCounter", "", `[1]`))
	require.Equal(t, "1", call(t, e, "bump", "Counter.Bump", "1", ``))
	require.NoError(t, e.db.Set(historyKey(2), []byte{99}, pebble.Sync))
	require.NoError(t, e.Close())
	e = open(t, dir, o)
	resp := do(t, e, "bump", "Counter.Bump", "1", ``)
	require.Equal(t, "Unavailable", text(resp))
	require.Contains(t, resp.Err.Message, `request "bump" has run: the history at position 2`)
	_, err := e.Recorded(context.Background(), "bump")
	require.ErrorContains(t, err, "the history at position 2")
	require.Equal(t, "1", call(t, e, "made", "NewCounter", "", `[1]`))
	require.Equal(t, "2", call(t, e, "other", "Counter.Bump", "1", ``))
}
