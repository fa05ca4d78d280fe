// This file tests that the baseline writes what the engine writes.

package bench

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
)

// Two states of the database, around a transfer of request r-1 from user00000002 to user00000003.
func TestDifferenceFindsWhatARequestLeaves(t *testing.T) {
	o := observer{records: newRecords(4, 5, 1)}
	before := map[string][]byte{
		"e/user00000001": []byte("user00000001: 5"), "e/user00000002": []byte("user00000002: 5"), "e/user00000003": []byte("user00000003: 5"),
		"m/clock": []byte("100"), "m/first": []byte("1"), "h/00000001": []byte("old"),
	}
	after := map[string][]byte{
		"e/user00000001": []byte("user00000001: 5"), "e/user00000002": []byte("user00000002: 4"), "e/user00000003": []byte("user00000003: 6"),
		"m/clock": []byte("200"), "m/first": []byte("1"), "h/00000001": []byte("old"),
		"h/00000002": []byte("r-1 user00000002 → user00000003"), "r/r-1": []byte("00000002"),
	}
	d := o.difference(before, after, &operation{kind: transfer, a: 2, b: 3}, "r-1")
	require.Equal(t, []pair{{key: []byte("m/clock"), value: []byte("200")}}, d.group)
	require.Equal(t, []pair{
		{key: []byte("e/user00000002"), value: []byte("user00000002: 4"), state: true, account: firstAccount,
			patches: []patch{{at: 2, part: firstAccount}, {inValue: true, at: 0, part: firstAccount}}},
		{key: []byte("e/user00000003"), value: []byte("user00000003: 6"), state: true, account: secondAccount,
			patches: []patch{{at: 2, part: secondAccount}, {inValue: true, at: 0, part: secondAccount}}},
		{key: []byte("h/00000002"), value: []byte("r-1 user00000002 → user00000003"), patches: []patch{
			{inValue: true, at: 4, part: firstAccount}, {inValue: true, at: 21, part: secondAccount},
			{inValue: true, at: 0, part: requestID}, {at: 2, part: position}}},
		{key: []byte("r/r-1"), value: []byte("00000002"), patches: []patch{{at: 2, part: requestID}}},
	}, d.request)
}

// patterns are those of an engine of a simple form.
func patterns() *footprint {
	state := func(which part) pair {
		return pair{key: []byte("e/............"), state: true, account: which, patches: []patch{{at: 2, part: which}}}
	}
	entry := pair{key: []byte("h/????????"), value: []byte("id.. of ............"), patches: []patch{
		{at: 2, part: position}, {inValue: true, part: requestID}, {inValue: true, at: 8, part: firstAccount}}}
	f := &footprint{group: []pair{{key: []byte("m"), value: []byte("g")}}}
	f.of = [kinds][][]pair{read: {nil}, update: {{state(firstAccount), entry}}, transfer: {{state(firstAccount), state(secondAccount), entry}}}
	f.states = []pair{
		{key: []byte("e/............"), value: []byte("s1 ............"), patches: []patch{{at: 2, part: firstAccount}, {inValue: true, at: 3, part: firstAccount}}},
		{key: []byte("e/............"), value: []byte("s0 ............"), patches: []patch{{at: 2, part: firstAccount}, {inValue: true, at: 3, part: firstAccount}}},
	}
	return f
}

func openPatterns(t *testing.T) *bare {
	db, err := pebble.Open(t.TempDir(), &pebble.Options{Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	f := patterns()
	require.NoError(t, f.check(2))
	return &bare{db: db, records: newRecords(20, 5, 1), print: f}
}

func stored(t *testing.T, db *pebble.DB) map[string]string {
	all := map[string]string{}
	it, err := db.NewIter(nil)
	require.NoError(t, err)
	for ok := it.First(); ok; ok = it.Next() {
		all[string(it.Key())] = string(it.Value())
	}
	require.NoError(t, it.Close())
	return all
}

func TestBareWriteFillsThePatternsIn(t *testing.T) {
	b := openPatterns(t)
	_, err := bareWrite{b}.do(t.Context(), &operation{kind: transfer, a: 4, b: 12})
	require.NoError(t, err)
	all := stored(t, b.db)
	entry := all["h/\x00\x00\x00\x00\x00\x00\x00\x01"]
	require.True(t, strings.HasSuffix(entry, "user00000004"[:12]) && strings.HasPrefix(entry, "auto-"), entry)
	delete(all, "h/\x00\x00\x00\x00\x00\x00\x00\x01")
	require.Equal(t, map[string]string{"e/user00000004": "s0 user00000004", "e/user00000012": "s0 user00000012", "m": "g"}, all)
}

// In a group each state is written once, and every request has its entry.
func TestBareLoopCommitsAllInGroups(t *testing.T) {
	b := openPatterns(t)
	l := newBareLoop(b)
	var wg sync.WaitGroup
	const clients, each = 8, 50
	for c := range clients {
		wg.Go(func() {
			s, err := l.session()
			if err != nil {
				t.Error(err)
			}
			for i := range each {
				if _, err := s.do(t.Context(), &operation{kind: kind(i % 3), a: (c + i) % 20, b: (c + i + 1) % 20}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, l.stop())
	commits, requests, err := l.groups()
	require.NoError(t, err)
	require.EqualValues(t, clients*each, requests)
	require.True(t, commits > 0 && commits <= requests)
	entries, states := 0, 0
	for k := range stored(t, b.db) {
		switch k[0] {
		case 'h':
			entries++
		case 'e':
			states++
		}
	}
	wrote := 0
	for i := range each {
		if kind(i%3) != read {
			wrote++
		}
	}
	require.Equal(t, clients*wrote, entries)
	require.Equal(t, 20, states)
}

func TestOneStateOfAnAccountInAGroup(t *testing.T) {
	b := openPatterns(t)
	batch := b.db.NewBatch()
	seen := map[int]bool{}
	once := func(account int) bool {
		before := seen[account]
		seen[account] = true
		return !before
	}
	for range 3 {
		require.NoError(t, b.put(batch, &operation{kind: transfer, a: 1, b: 2}, newID(), once))
	}
	require.EqualValues(t, 2+3, batch.Count())
	require.NoError(t, batch.Close())
}

func TestAnotherFormIsRefused(t *testing.T) {
	f := patterns()
	f.of[transfer][0] = f.of[transfer][0][1:]
	require.ErrorContains(t, f.check(2), "the engine's database has another form: of 2 accounts, 2 have a state; an update wrote 1 (2 keys), a transfer 1 (2), a read 0 keys")
}

// The baseline's database has the engine's options.
func TestOptionsAreTheEngines(t *testing.T) {
	dir := t.TempDir()
	e := filepath.Join(dir, databaseFolder)
	db, err := pebble.Open(e, &pebble.Options{Logger: quiet{}, MemTableSize: 12345678, FormatMajorVersion: pebble.FormatNewest})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	o, err := databaseOptions(dir)
	require.NoError(t, err)
	require.EqualValues(t, 12345678, o.MemTableSize)
	require.Equal(t, pebble.FormatNewest, o.FormatMajorVersion)
	_, err = databaseOptions(t.TempDir())
	require.ErrorContains(t, err, "no options of a database")
}

func TestAnUnfitProgramIsRefused(t *testing.T) {
	a := &app{plan: plan.Default()}
	_, err := measure(context.Background(), emptyProgram(), nil, a.plan, newProgress(&bytes.Buffer{}))
	require.ErrorContains(t, err, "the program has no function")
}
