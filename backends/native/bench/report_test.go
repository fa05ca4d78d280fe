// This file tests the table, the JSON and the numbers in them.

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
	"github.com/stateful-entities/sfc/runner"
)

var rewrite = flag.Bool("update", false, "write the golden files")

func emptyProgram() *runner.Program { return &runner.Program{Name: "empty"} }

// example is a report of round numbers.
func example() *Report {
	p := plan.Default()
	p.Command = "sfc bench"
	r := newReport(p)
	r.Machine = Machine{"linux", "amd64", 2, "go1.26"}
	r.Rows = []Row{
		{Way: "process", Workload: "T", Keys: "uniform", Clients: 64, Of: Throughput, Ratio: 0.75, Least: 0.7, Greatest: 0.8, Aim: ofBareLoop, Met: true,
			Measured: Side{Name: "engine", PerSecond: 123456.7, P50: 400, P99: 1234, P999: 2_500_000, CPU: 16.2, Group: 30.4}, Baseline: Side{Name: "bare loop", PerSecond: 164609, P50: 300, CPU: 9.9, Group: 31.6}},
		{Way: "process", Workload: "A", Keys: "zipf0.99", Clients: 1, Of: Median, Ratio: 1.5, Least: 1, Greatest: 2, Aim: ofOneWrite,
			Measured: Side{Name: "engine", PerSecond: 900, P50: 99.94, P99: 9.5, P999: 1e3}, Baseline: Side{Name: "bare synced write", PerSecond: 1000, P50: 66.6}},
		{Way: "http", Workload: "M", Keys: "zipf1.5", Clients: 512, Rate: 5000, Of: Median, Ratio: 2, Least: 2, Greatest: 2,
			Measured: Side{Name: "engine", PerSecond: 4000, P50: 1, P99: 2, P999: 3, Late: 17, Group: 5}, Baseline: Side{Name: "bare handler", PerSecond: 5000, P50: 0.5}},
	}
	r.Overhead = []Overhead{{Size: 49_900, Request: 500, Splitting: 0.5, Instrumentation: 1, Codec: 250, Storage: 200, Rest: 48.5, Share: 0.003, Met: true}}
	return r
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, example().write(&b, "text"))
	golden := filepath.Join("testdata", "table.golden")
	if *rewrite {
		require.NoError(t, os.WriteFile(golden, b.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}

func TestJSONHoldsTheReport(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, example().write(&b, "json"))
	var back Report
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	require.Equal(t, example(), &back)
}

func TestAims(t *testing.T) {
	require.True(t, ofBareLoop.met(0.7))
	require.False(t, ofBareLoop.met(0.699))
	require.True(t, ofOneWrite.met(1.3))
	require.False(t, ofOneWrite.met(1.301))
}

func TestMedian(t *testing.T) {
	id := func(v float64) float64 { return v }
	require.Equal(t, 3.0, median([]float64{9, 1, 3}, id))
	require.Equal(t, 2.5, median([]float64{4, 1, 2, 3}, id))
	require.Equal(t, 7.0, median([]float64{7}, id))
}

// sampleOf is a round of n requests in a second, all of which took d.
func sampleOf(n int64, d time.Duration) sample {
	s := sample{requests: n, elapsed: time.Second, latencies: newLatencies()}
	notes := notebook{to: s.latencies}
	notes.add(d)
	notes.flush()
	return s
}

func TestRatios(t *testing.T) {
	measured := []sample{sampleOf(50, 4*time.Millisecond), sampleOf(90, 6*time.Millisecond), sampleOf(70, 5*time.Millisecond)}
	baseline := []sample{sampleOf(100, 2*time.Millisecond), sampleOf(100, 2*time.Millisecond), sampleOf(200, time.Millisecond)}
	row := Row{Aim: ofBareLoop}
	row.compare(measured, baseline)
	require.Equal(t, Row{Aim: ofBareLoop, Of: Throughput, Ratio: 0.7, Least: 0.35, Greatest: 0.9, Met: true}, row)
	row = Row{Aim: ofOneWrite}
	row.compare(measured, baseline)
	require.InDelta(t, 2.5, row.Ratio, 0.01)
	require.InDelta(t, 2, row.Least, 0.01)
	require.InDelta(t, 5, row.Greatest, 0.02)
	require.False(t, row.Met)
	var s Side
	s.take(measured)
	require.Equal(t, 70.0, s.PerSecond)
	require.InDelta(t, 5000, s.P50, 10)
	require.EqualValues(t, 210, s.Requests)
}

// Sides take turns, and change places.
func TestSidesTakeTurns(t *testing.T) {
	var order []string
	of := func(name string) scripted {
		return func(context.Context, *operation) (bool, error) {
			if len(order) == 0 || order[len(order)-1] != name {
				order = append(order, name)
			}
			time.Sleep(time.Millisecond)
			return false, nil
		}
	}
	p := plan.Default()
	p.Rounds, p.Duration = 3, 50*time.Millisecond
	f := &field{app: &app{plan: p, records: newRecords(10, 5, 1)}}
	row, err := f.race(t.Context(), f.race1(plan.Process, "T", "uniform", 1, of("ours"), of("theirs")), 0)
	require.NoError(t, err)
	require.Equal(t, []string{"ours", "theirs", "ours", "theirs"}, order) // ours theirs, theirs ours, ours theirs
	require.True(t, row.Least <= row.Greatest && row.Measured.Requests > 0)
}

func TestProgressOffATerminalIsLines(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b)
	p.say("%d of %d", 1, 2)
	p.say("done")
	p.end()
	require.Equal(t, "bench: 1 of 2\nbench: done\n", b.String())
}

func TestWrongPlansAreUsage(t *testing.T) {
	for _, args := range [][]string{{"-plan", "{"}, {"-plan", "{}"}, {"-what"}} {
		var out, err bytes.Buffer
		require.Equal(t, 2, run(t.Context(), emptyProgram(), nil, args, &out, &err), err.String())
		require.Empty(t, out.String())
	}
}

func TestProblemsAreExit1(t *testing.T) {
	p := plan.Default()
	p.Data = t.TempDir()
	text, err := json.Marshal(p)
	require.NoError(t, err)
	var out, say bytes.Buffer
	require.Equal(t, 1, run(t.Context(), emptyProgram(), nil, []string{"-plan", string(text)}, &out, &say))
	require.Contains(t, say.String(), "bench: the program has no function")
}

// The handler that does nothing, asked by the clients that ask the engine.
func TestBareHandlerAnswersEveryKind(t *testing.T) {
	x := newRecords(10, 20, 1)
	s, err := serve("bare handler", newBareHandler(x), x, 2)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	one, err := s.session()
	require.NoError(t, err)
	for k := range kinds {
		aborted, err := one.do(t.Context(), &operation{kind: k, a: 1, b: 2, value: x.values[3], amount: 4})
		require.NoError(t, err)
		require.False(t, aborted)
	}
}

func TestRefusalsOverHTTP(t *testing.T) {
	x, status, body := newRecords(10, 20, 1), 422, `{"code":"Application","detail":"insufficient funds"}`
	s, err := serve("refuser", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		w.Write([]byte(body))
	}), x, 1)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	one := &httpClient{server: s}
	aborted, err := one.do(t.Context(), &operation{kind: transfer})
	require.NoError(t, err)
	require.True(t, aborted)
	_, err = one.do(t.Context(), &operation{kind: update})
	require.EqualError(t, err, "status 422: Application: insufficient funds")
	status, body = 500, "oops"
	_, err = one.do(t.Context(), &operation{kind: transfer})
	require.EqualError(t, err, "status 500: oops")
}

func TestTypicalIsTheMedian(t *testing.T) {
	n := 0
	took, err := typical(t.Context(), 100*time.Millisecond, func() error {
		if n++; n%10 == 0 {
			time.Sleep(20 * time.Millisecond) // what is rare does not count
		}
		time.Sleep(time.Millisecond)
		return nil
	})
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 1000.0)
	broken := errors.New("broken")
	_, err = typical(t.Context(), time.Hour, func() error { return broken })
	require.ErrorIs(t, err, broken)
}

// What takes nanoseconds is told from what takes none.
func TestTypicalOfShortWork(t *testing.T) {
	n := 0
	took, err := typical(t.Context(), 20*time.Millisecond, func() error { n++; return nil })
	require.NoError(t, err)
	require.Greater(t, took, 0.0)
	require.Greater(t, n, 1000)
}
