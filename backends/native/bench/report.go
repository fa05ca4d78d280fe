// This file defines the report and writes it.

package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
)

// Report is what a benchmark found.
type Report struct {
	Version  int        `json:"version"` // of this form
	Plan     plan.Plan  `json:"plan"`
	Machine  Machine    `json:"machine"`
	Rows     []Row      `json:"rows,omitempty"`
	Overhead []Overhead `json:"overhead,omitempty"`
}

// Machine is what ran it.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"` // that it may use
	Go   string `json:"go"`
}

// Row is one comparison.
type Row struct {
	Way      string  `json:"way"`
	Workload string  `json:"workload"`
	Keys     string  `json:"keys"`
	Clients  int     `json:"clients"`
	Rate     float64 `json:"rate,omitempty"` // requests a second that an open loop asked for
	Measured Side    `json:"measured"`
	Baseline Side    `json:"baseline"`
	Of       string  `json:"of"`       // what the ratio is of: throughput or p50
	Ratio    float64 `json:"ratio"`    // of the medians over all rounds, measured by baseline
	Least    float64 `json:"least"`    // of single rounds
	Greatest float64 `json:"greatest"` // of single rounds
	Aim      *Aim    `json:"aim,omitempty"`
	Met      bool    `json:"met"` // the aim, if there is one
}

// Side is one side of a row. Numbers are medians over rounds, latencies in microseconds.
type Side struct {
	Name      string  `json:"name"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50"`
	P99       float64 `json:"p99"`
	P999      float64 `json:"p999"`
	CPU       float64 `json:"cpu"`      // of the whole process, for each request; 0 where the system does not tell
	Group     float64 `json:"group"`    // requests of a commit, on average; 0: it has no groups
	Requests  int64   `json:"requests"` // in all rounds
	Aborted   int64   `json:"aborted"`  // transfers without funds, among them
	Late      int64   `json:"late"`     // that an open loop could not even begin
}

// What ratios are of.
const (
	Throughput = "throughput"
	Median     = "p50"
)

// Aim is what a ratio should be. One of the bounds is set.
type Aim struct {
	Of      string  `json:"of"`
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"`
}

func (a Aim) met(ratio float64) bool {
	if a.AtMost > 0 {
		return ratio <= a.AtMost
	}
	return ratio >= a.AtLeast
}

func (a Aim) String() string {
	if a.AtMost > 0 {
		return fmt.Sprintf("≤ %.2f", a.AtMost)
	}
	return fmt.Sprintf("≥ %.2f", a.AtLeast)
}

func newReport(p plan.Plan) *Report {
	p.Data, p.Profile = "", "" // where things lie on a machine is nobody's business
	return &Report{
		Version: 1, Plan: p,
		Machine: Machine{runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version()},
	}
}

// write writes the report as text, whose tables are Markdown, or as JSON.
func (r *Report) write(w io.Writer, format string) error {
	if format == "json" {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	_, err := io.WriteString(w, r.text())
	return err
}

func (r *Report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d accounts of 10 fields of %d bytes, %d rounds of %v each, seed %d; %s on %s/%s, %d CPUs\n",
		r.Plan.Command, r.Plan.Accounts, r.Plan.Field, r.Plan.Rounds, r.Plan.Duration, r.Plan.Seed, r.Machine.Go, r.Machine.OS, r.Machine.Arch, r.Machine.CPUs)
	if len(r.Rows) > 0 {
		rows := [][]string{{"measured", "requests/s", "p50", "p99", "CPU", "baseline", "requests/s", "p50", "CPU", "groups", "ratio", "rounds", "aim", ""}}
		for _, row := range r.Rows {
			rows = append(rows, row.cells())
		}
		b.WriteString("\n" + table(rows))
	}
	if len(r.Overhead) > 0 {
		rows := [][]string{{"state", "request", "splitting", "instrumentation", "codec", "storage", "rest", "splitting + instrumentation", "aim", ""}}
		for _, row := range r.Overhead {
			rows = append(rows, row.cells())
		}
		b.WriteString("\n" + table(rows))
	}
	return b.String()
}

func (r Row) cells() []string {
	m, base := r.Measured, r.Baseline
	aim, met := "", ""
	if r.Aim != nil {
		aim, met = r.Aim.String(), "missed"
		if r.Met {
			met = "met"
		}
	}
	ratio := fmt.Sprintf("%.2f", r.Ratio)
	if r.Of == Median {
		ratio += " of p50"
	}
	if m.Late > 0 {
		met = fmt.Sprintf("cannot keep up: %d never began", m.Late)
	}
	groups := "" // measured / baseline
	if m.Group > 0 && base.Group > 0 {
		groups = fmt.Sprintf("%.0f / %.0f", m.Group, base.Group)
	} else if m.Group > 0 {
		groups = fmt.Sprintf("%.0f", m.Group)
	}
	return []string{
		r.title(), count(m.PerSecond), duration(m.P50), duration(m.P99), duration(m.CPU),
		base.Name, count(base.PerSecond), duration(base.P50), duration(base.CPU), groups,
		ratio, fmt.Sprintf("%.2f–%.2f", r.Least, r.Greatest), aim, met,
	}
}

// count writes a number of requests with its thousands apart.
func count(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// duration writes microseconds for people: to three digits.
func duration(us float64) string {
	unit := "µs"
	switch {
	case math.Abs(us) >= 1e6:
		us, unit = us/1e6, "s"
	case math.Abs(us) >= 1e3:
		us, unit = us/1e3, "ms"
	}
	switch a := math.Abs(us); {
	case a >= 100:
		return fmt.Sprintf("%.0f %s", us, unit)
	case a >= 10:
		return fmt.Sprintf("%.1f %s", us, unit)
	}
	return fmt.Sprintf("%.2f %s", us, unit)
}

// table writes rows, the first of which is the head, as Markdown in even columns.
func table(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+1))
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, width := range widths {
			b.WriteString("|" + strings.Repeat("-", width+2))
		}
		b.WriteString("|\n")
	}
	return b.String()
}
