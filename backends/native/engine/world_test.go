// This file tests the world that transactions run over.

package engine

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

type tally struct {
	name string
	n    [2]uint64
	more [2]struct {
		ok   bool
		text string
	}
}

// tallyOf makes a tally of texts.
func tallyOf(name, first, second string, n ...uint64) *tally {
	v := &tally{name: name}
	v.more[0].text, v.more[1].text = first, second
	copy(v.n[:], n)
	return v
}

// tallies is a world of one type of scalars; encoded counts how often a state was encoded.
func tallies(t *testing.T) (w *world, ty *runner.EntityType, encoded *int) {
	encoded = new(int)
	ty = &runner.EntityType{
		Name: "Tally", New: func() any { return new(tally) },
		Enc: func(e *runner.Enc, s any) {
			*encoded++
			v := s.(*tally)
			e.Map(3)
			e.String("n")
			e.Array(2)
			e.Uint(v.n[0])
			e.Uint(v.n[1])
			e.String("more")
			e.Array(2)
			for _, m := range v.more {
				e.Map(2)
				e.String("ok")
				e.Bool(m.ok)
				e.String("text")
				e.String(m.text)
			}
			e.String("name")
			e.String(v.name)
		},
		Dec: func(d *runner.Dec) any {
			v := new(tally)
			for range d.Map() {
				switch d.Key() {
				case "name":
					v.name = d.String()
				case "n":
					d.ArrayOf(2)
					v.n = [2]uint64{d.Uint(), d.Uint()}
				default:
					d.ArrayOf(2)
					for i := range v.more {
						for range d.Map() {
							if d.Key() == "ok" {
								v.more[i].ok = d.Bool()
							} else {
								v.more[i].text = d.String()
							}
						}
					}
				}
			}
			return v
		},
	}
	e := &Engine{program: &runner.Program{Types: []*runner.EntityType{ty}}, options: Options{}.orDefault()}
	e.metrics = newMetrics(e)
	w = newWorld(e)
	*encoded = 0
	return w, ty, encoded
}

// TestEncodedOnceForAGroup: an entity that many transactions of a group write is encoded when the group ends.
func TestEncodedOnceForAGroup(t *testing.T) {
	w, ty, encoded := tallies(t)
	require.NoError(t, w.Commit([]runner.Change{{Type: ty, Key: "a", State: &tally{name: "a"}}}, 1<<20))
	for i := range uint64(10) {
		s, err := w.Load(ty, "a")
		require.NoError(t, err)
		v := s.(*tally)
		require.Equal(t, i, v.n[0])
		w.Backup(ty, "a", s)
		v.n[0]++
		if i%2 == 1 { // it does not commit, and runs again
			v.n[1] = 99
			w.Abort()
			s, err = w.Load(ty, "a")
			require.NoError(t, err)
			v = s.(*tally)
			require.Equal(t, [2]uint64{i, 0}, v.n, "an abort puts the state back")
			w.Backup(ty, "a", s)
			v.n[0]++
		}
		require.NoError(t, w.Commit([]runner.Change{{Type: ty, Key: "a", State: v}}, 1<<20))
	}
	require.Zero(t, *encoded)
	states, err := w.sealed()
	require.NoError(t, err)
	require.Equal(t, 1, *encoded)
	require.Len(t, states, 1)
	back, err := w.program.DecodeState(ty, states[0].bytes)
	require.NoError(t, err)
	require.Equal(t, tallyOf("a", "", "", 10), back)

	s, err := w.Load(ty, "a")
	require.NoError(t, err)
	w.Backup(ty, "a", s)
	s.(*tally).n[0] = 77
	require.NoError(t, w.Commit([]runner.Change{{Type: ty, Key: "a"}}, 1<<20))
	s, err = w.Load(ty, "a")
	require.NoError(t, err)
	require.Nil(t, s, "it is deleted")
	states, err = w.sealed()
	require.NoError(t, err)
	require.Nil(t, states[0].bytes)
}

// TestBoundHolds: what is not encoded at once is no longer than is said, and what may pass the limit is encoded.
func TestBoundHolds(t *testing.T) {
	w, ty, encoded := tallies(t)
	long := strings.Repeat("x", 70_000)
	for _, v := range []*tally{
		{}, tallyOf(strings.Repeat("ä", 1000), "", "", math.MaxUint64, math.MaxUint64), tallyOf(long, "", "", 1, 300),
		tallyOf("", long, "", 1), tallyOf("ä", "", long), tallyOf(long, long, long, math.MaxUint64, math.MaxUint64),
	} {
		b, err := w.enc.State(ty, v, math.MaxInt)
		require.NoError(t, err)
		bound := w.scalar[0].bound(v)
		require.LessOrEqual(t, len(b), bound)
		require.LessOrEqual(t, bound, len(b)+9*8)

		*encoded = 0
		require.NoError(t, w.Commit([]runner.Change{{Type: ty, Key: "a", State: v}}, len(b)))
		require.Equal(t, 1, *encoded)
		err = w.Commit([]runner.Change{{Type: ty, Key: "a", State: v}}, len(b)-1)
		require.ErrorContains(t, err, "bytes of the state of Tally")
	}
}
