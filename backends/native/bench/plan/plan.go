// This file defines what a benchmark measures.

// Package plan says what sfc bench measures. The command makes a [Plan] of its flags and hands it, as JSON, to the
// program that it builds of the application in folder ledger and package bench.
package plan

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Suites are what can be measured.
const (
	Aims     = "aims"     // the rows that have an aim, and the overhead
	Cells    = "cells"    // every combination of workloads, keys, clients and ways
	Overhead = "overhead" // where the time of a request goes, by the size of the state
)

// Ways to the entities.
const (
	Process = "process" // calls of the engine in the same process
	HTTP    = "http"    // requests over HTTP on the loopback interface
)

// Workloads by name.
const (
	YCSBA    = "A" // 50 % reads, 50 % updates
	YCSBB    = "B" // 95 % reads, 5 % updates
	Transfer = "T" // YCSB+T: transfers between two accounts
	Mixed    = "M" // 45 % reads, 45 % updates, 10 % transfers
)

// Plan is one benchmark.
type Plan struct {
	Suite     string        `json:"suite"`
	Workloads []string      `json:"workloads"` // A, B, T, M
	Keys      []string      `json:"keys"`      // uniform, zipf0.99, zipf1.5, …
	Clients   []int         `json:"clients"`
	Ways      []string      `json:"ways"`     // process, http
	Accounts  int           `json:"accounts"` // how many there are
	Field     int           `json:"field"`    // bytes of each of an account's ten fields
	Rounds    int           `json:"rounds"`   // of each side of a row, taken in turns
	Duration  time.Duration `json:"duration"` // of a round, in nanoseconds
	Rate      float64       `json:"rate"`     // requests a second of an open loop; 0: closed loop
	Sizes     []int         `json:"sizes"`    // of states in the overhead experiment, in bytes
	Seed      uint64        `json:"seed"`
	Data      string        `json:"data,omitempty"`    // folder for the databases: on the disk that is to be measured
	Format    string        `json:"format"`            // of the report: text or json
	Profile   string        `json:"profile,omitempty"` // file for a CPU profile
	Command   string        `json:"command"`           // that asked for it
}

// Default is the plan of the README's table.
func Default() Plan {
	return Plan{
		Suite:     Aims,
		Workloads: []string{Transfer, YCSBA, YCSBB, Mixed},
		Keys:      []string{"uniform"},
		Clients:   []int{1, 16, 64, 512},
		Ways:      []string{Process},
		Accounts:  100_000, Field: 100,
		Rounds: 9, Duration: 500 * time.Millisecond,
		Sizes:  []int{50_000, 100_000, 150_000, 200_000},
		Seed:   1,
		Format: "text",
	}
}

// Quick makes a plan small enough for a test: its numbers mean nothing.
func (p Plan) Quick() Plan {
	p.Accounts, p.Rounds, p.Duration, p.Sizes = 1000, 1, 50*time.Millisecond, []int{50_000}
	return p
}

// Bounds of a plan, so that a slip of the finger does not fill the disk.
const (
	MaxAccounts = 10_000_000
	MaxClients  = 4000 // the engine lets 4096 requests wait
	MaxField    = 10_000
	MaxSize     = 2_000_000
)

// Check refuses what cannot be measured.
func (p Plan) Check() error {
	for _, w := range p.Workloads {
		if !slices.Contains([]string{YCSBA, YCSBB, Transfer, Mixed}, w) {
			return fmt.Errorf("workload %q: want A, B, T (transfers) or M (the paper's mix)", w)
		}
	}
	for _, k := range p.Keys {
		if _, err := Theta(k); err != nil {
			return err
		}
	}
	for _, w := range p.Ways {
		if w != Process && w != HTTP {
			return fmt.Errorf("way %q: want process or http", w)
		}
	}
	for _, n := range p.Clients {
		if n < 1 || n > MaxClients {
			return fmt.Errorf("%d clients: want 1 to %d", n, MaxClients)
		}
	}
	for _, n := range p.Sizes {
		if n < 1000 || n > MaxSize {
			return fmt.Errorf("states of %d bytes: want 1000 to %d", n, MaxSize)
		}
	}
	switch {
	case !slices.Contains([]string{Aims, Cells, Overhead}, p.Suite):
		return fmt.Errorf("suite %q: want aims, cells or overhead", p.Suite)
	case len(p.Workloads) == 0 || len(p.Keys) == 0 || len(p.Clients) == 0 || len(p.Ways) == 0 || len(p.Sizes) == 0:
		return errors.New("nothing to measure: a list is empty")
	case p.Accounts < 2 || p.Accounts > MaxAccounts:
		return fmt.Errorf("%d accounts: want 2 to %d", p.Accounts, MaxAccounts)
	case p.Field < 1 || p.Field > MaxField:
		return fmt.Errorf("fields of %d bytes: want 1 to %d", p.Field, MaxField)
	case p.Rounds < 1 || p.Duration <= 0:
		return errors.New("want at least one round of some duration")
	case !(p.Rate >= 0) || math.IsInf(p.Rate, 1):
		return fmt.Errorf("a rate of %v: want requests a second", p.Rate)
	case p.Rate > 0 && p.Suite != Cells:
		return errors.New("a rate is for cells: aims compare closed loops")
	case p.Data == "":
		return errors.New("no folder for the data")
	}
	return nil
}

// Theta gives the skew that a distribution of keys is named for: 0 for uniform, 0.99 for zipf0.99.
func Theta(keys string) (float64, error) {
	if keys == "uniform" {
		return 0, nil
	}
	text, ok := strings.CutPrefix(keys, "zipf")
	theta, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || !(theta > 0 && theta < 10) || theta == 1 {
		return 0, fmt.Errorf("keys %q: want uniform or zipfS with S above 0 and not 1, as zipf0.99", keys)
	}
	return theta, nil
}
