// This file is the program that sfc bench builds and runs.

// Package bench measures the native engine: the workloads of YCSB and YCSB+T and the paper's mix, in closed loops and at
// a rate, in process and over HTTP, each in turns with a baseline on the same machine. sfc bench compiles the
// application in plan/ledger as it compiles a user's, and links it with this package.
//
// Machines are noisy: what counts are ratios, of medians over rounds that measured side and baseline take in turns.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
	"github.com/stateful-entities/sfc/runner"
)

// Main runs the benchmark of -plan and ends the process: 0 if it was measured, 1 for problems (money that is missing
// among them), 2 for wrong usage. An aim that is missed is no problem. p is the compiled application, text its IR.
func Main(p *runner.Program, text []byte) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, p, text, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, p *runner.Program, text []byte, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	asked := fs.String("plan", "", "what to measure, as `JSON`")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	var what plan.Plan
	err := json.Unmarshal([]byte(*asked), &what)
	if err == nil {
		err = what.Check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: plan: %v\n", err)
		return 2
	}
	report, err := measure(ctx, p, text, what, newProgress(stderr))
	if report != nil {
		err = errors.Join(err, report.write(stdout, what.Format))
	}
	if err != nil {
		fmt.Fprintf(stderr, "bench: %v\n", err)
		return 1
	}
	return 0
}

// measure runs a plan. With an error there may be a report of what was measured before.
func measure(ctx context.Context, p *runner.Program, text []byte, what plan.Plan, say *progress) (report *Report, err error) {
	defer say.end()
	functions, err := findFunctions(p)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(what.Data, "bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a := &app{what, p, text, functions, newRecords(what.Accounts, what.Field, what.Seed), &profile{file: what.Profile}}
	defer func() { err = errors.Join(err, a.profile.end()) }()
	report = newReport(what)
	if what.Suite != plan.Overhead {
		if err := a.rows(ctx, dir, report, say); err != nil {
			return report, err
		}
	}
	if what.Suite != plan.Cells {
		if err := a.overhead(ctx, dir, report, say); err != nil {
			return report, err
		}
	}
	return report, nil
}

// app is what is measured.
type app struct {
	plan      plan.Plan
	program   *runner.Program
	text      []byte
	functions functions
	records   *records
	profile   *profile
}

// profile is the CPU profile that was asked for, if one was: of what is measured, not of what is made before.
type profile struct {
	file string // "": none
	to   *os.File
}

// begin starts the profile, once.
func (p *profile) begin() (err error) {
	if p.file == "" || p.to != nil {
		return nil
	}
	if p.to, err = os.Create(p.file); err != nil {
		return err
	}
	return pprof.StartCPUProfile(p.to)
}

func (p *profile) end() error {
	if p.to == nil {
		return nil
	}
	pprof.StopCPUProfile()
	return p.to.Close()
}
