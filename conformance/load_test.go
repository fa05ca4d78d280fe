// This file tests what the tests of many clients are made of, on a service that answers as it is told.

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/conformance/history"
)

// session lets a service be its own client.
type session = Session

// told is a service whose requests answer what a function says.
type told struct {
	session
	call  func(r Request) (Answer, error)
	calls atomic.Int64
}

func (s *told) Session() Session { return s }
func (s *told) Stop() error      { return nil }

func (s *told) Call(_ context.Context, r Request) (Answer, error) {
	s.calls.Add(1)
	return s.call(r)
}

func judged(f func(t T)) *recorder {
	rec := &recorder{ctx: context.Background()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(rec)
	}()
	<-done
	return rec
}

func TestOutcomes(t *testing.T) {
	require.Equal(t, history.Done, outcome(Answer{Value: json.RawMessage("1")}, nil))
	require.Equal(t, history.Failed, outcome(Answer{Code: "Application"}, nil))
	require.Equal(t, history.Failed, outcome(Answer{Code: "Conflict"}, nil))
	require.Equal(t, history.Unknown, outcome(Answer{Code: "Unavailable"}, nil))
	require.Equal(t, history.Unknown, outcome(Answer{}, errors.New("connection reset")))
}

func TestClientsAskAgain(t *testing.T) {
	ids := map[string]int{}
	s := &told{}
	s.call = func(r Request) (Answer, error) {
		ids[r.ID]++
		switch s.calls.Load() {
		case 1:
			return Answer{Code: "Overloaded"}, nil // it has not run: sent again
		case 2:
			return Answer{}, errors.New("connection reset")
		case 3:
			return Answer{Code: "Unavailable"}, nil
		}
		return Answer{Value: json.RawMessage("7")}, nil
	}
	rec := judged(func(t T) {
		newCrowd(t, s, "x").work(rand.New(rand.NewPCG(1, 1)), 1, func(c *client) {
			op, a := c.insist(On("Register", "r", "Add", 1))
			if op.Outcome != history.Done || decode[int](c, op, a) != 7 || op.Return < op.Call {
				t.Errorf("%+v %+v", op, a)
			}
			if op.String() == "" || op.Text != `Register/r Add [1]` || op.Answer != "7" {
				t.Errorf("%s", op.String())
			}
		})
	})
	require.False(t, rec.failed(), rec.log())
	require.Equal(t, map[string]int{"x.1.c0.1": 4}, ids)
}

func TestUnexpectedAnswersFail(t *testing.T) {
	s := &told{call: func(r Request) (Answer, error) { return Answer{Code: "Panic", Detail: "boom"}, nil }}
	rec := judged(func(t T) {
		newCrowd(t, s, "x").work(rand.New(rand.NewPCG(1, 1)), 3, func(c *client) {
			for range 5 {
				op, a := c.do(On("Register", "r", "Read"))
				c.check(op, a, "Application")
			}
		})
	})
	require.True(t, rec.failed())
	require.Equal(t, 1, strings.Count(rec.log(), "boom"), "it is told once: %s", rec.log())

	rec = judged(func(t T) {
		newCrowd(t, s, "x").work(rand.New(rand.NewPCG(1, 1)), 2, func(c *client) { panic("the test is wrong") })
	})
	require.True(t, rec.failed())
	require.Contains(t, rec.log(), "the test is wrong")
}

func TestFewFaultsAreTold(t *testing.T) {
	rec := judged(func(t T) {
		for i := range 100 {
			few(few(t)).Errorf("first of its own %d", i)
		}
		once := few(t)
		for i := range 100 {
			few(once).Errorf("fault %d", i)
		}
	})
	require.True(t, rec.failed())
	require.Equal(t, maxFaults, strings.Count(rec.log(), "fault "))
	require.Equal(t, 100, strings.Count(rec.log(), "first of its own"))
}

func TestSets(t *testing.T) {
	require.False(t, judged(func(t T) { compareSets(t, "x", []int{1, 2, 3}, []int{3, 1, 2}) }).failed())
	for want, sets := range map[string][2][]int{
		"missing [2]; too often, or without a reason []":  {{1, 2, 3}, {3, 1}},
		"missing []; too often, or without a reason [3]":  {{1, 2, 3}, {3, 3, 1, 2}},
		"missing [1]; too often, or without a reason [9]": {{1}, {9}},
	} {
		rec := judged(func(t T) { compareSets(t, "x", sets[0], sets[1]) })
		require.True(t, rec.failed())
		require.Contains(t, rec.log(), want)
	}
}

func TestNearly(t *testing.T) {
	order := nearly(rand.New(rand.NewPCG(3, 3)), 57, 10)
	for i, v := range order {
		require.Less(t, max(i-v, v-i), 10)
	}
	require.NotEqual(t, slices.Sorted(slices.Values(order)), order)
	slices.Sort(order)
	for i, v := range order {
		require.Equal(t, i, v)
	}
}

// TestLostAnswersAreNoVerdict has a service that hardly ever answers: that is not taken for a right history.
func TestLostAnswersAreNoVerdict(t *testing.T) {
	s := &told{}
	s.call = func(r Request) (Answer, error) {
		if r.Name == "NewList" || r.Name == "ReadLists" {
			return Answer{Value: json.RawMessage(fmt.Sprintf("[%s]", strings.TrimSuffix(strings.Repeat("null,", 2), ",")))}, nil
		}
		return Answer{}, errors.New("connection reset")
	}
	rec := judged(func(t T) {
		rnd := rand.New(rand.NewPCG(1, 1))
		l := newListLoad(t, &Bench{}, s, 2, 100)
		l.work(rnd, 4, func(c *client) { l.loop(c, l.single) })
		l.judge(rnd)
	})
	require.True(t, rec.failed())
	require.Contains(t, rec.log(), "have no answer that tells whether they ran")
}
