// This file makes the report of a run: YAML for machines, one HTML page for people.

package conformance

import (
	"bytes"
	_ "embed"
	"html/template"
	"runtime"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/ir"
)

// ReportSchema names the form of the report. Fields are only added to it; a form that changes gets another name.
const ReportSchema = "sfc/conformance/v1"

// A Report says how a target did, and how to see it again.
type Report struct {
	Schema   string       `yaml:"schema"` // ReportSchema
	Target   string       `yaml:"target"`
	Features []string     `yaml:"features,flow"` // what the target promises
	Command  string       `yaml:"command"`       // makes the same run
	Versions Versions     `yaml:"versions"`
	Seed     int64        `yaml:"seed"`
	Effort   float64      `yaml:"effort"` // 1: the usual amount of work
	Began    time.Time    `yaml:"began"`
	Took     float64      `yaml:"seconds"`
	Core     Summary      `yaml:"core"`
	Extended Summary      `yaml:"extended"`
	Results  []TestResult `yaml:"results"`
}

// Versions are those of everything that a run depends on.
type Versions struct {
	Tool    string `yaml:"sfc"`
	Go      string `yaml:"go"`
	System  string `yaml:"system"`  // os/arch
	Program string `yaml:"program"` // hash of the suite's application
}

// A Summary counts results of one set.
type Summary struct {
	Passed  int `yaml:"passed"`
	Failed  int `yaml:"failed"`
	Skipped int `yaml:"skipped"`
}

// A TestResult is one test of a report.
type TestResult struct {
	Name    string   `yaml:"name"`
	Promise Promise  `yaml:"promise"`
	Set     Set      `yaml:"set"`
	Says    string   `yaml:"says"`
	Needs   []string `yaml:"needs,omitempty,flow"` // features and abilities
	Outcome Outcome  `yaml:"outcome"`
	Reason  string   `yaml:"reason,omitempty"` // why it was skipped
	Took    float64  `yaml:"seconds"`
	Log     string   `yaml:"log,omitempty"` // of a failed test
}

func newReport(target Target, o Options) *Report {
	r := &Report{
		Schema: ReportSchema, Target: target.Name(), Command: o.Command, Seed: o.Seed, Effort: o.Effort, Began: time.Now().UTC(),
		Versions: Versions{Tool: module.Version(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH},
	}
	for _, f := range target.Features() {
		r.Features = append(r.Features, string(f))
	}
	return r
}

func (r *Report) add(test Test, result Result) {
	one := TestResult{
		Name: test.Name, Promise: test.Promise, Set: test.Set, Says: test.Says,
		Outcome: result.Outcome, Reason: result.Reason, Took: result.Took.Seconds(),
	}
	for _, f := range test.Needs {
		one.Needs = append(one.Needs, string(f))
	}
	for _, a := range test.Able {
		one.Needs = append(one.Needs, string(a))
	}
	if result.Outcome == Failed {
		one.Log = strings.ToValidUTF8(result.Log, "�")
	}
	r.Results = append(r.Results, one)
	sum := &r.Core
	if test.Set == Extended {
		sum = &r.Extended
	}
	switch result.Outcome {
	case Passed:
		sum.Passed++
	case Failed:
		sum.Failed++
	case Skipped:
		sum.Skipped++
	}
}

func (r *Report) end() { r.Took = time.Since(r.Began).Seconds() }

// Passed says whether nothing failed.
func (r *Report) Passed() bool { return r.Core.Failed+r.Extended.Failed == 0 }

// complete fills in what takes a compilation.
func (r *Report) complete() error {
	if r.Versions.Program != "" {
		return nil
	}
	p, err := CompileApp()
	if err != nil {
		return err
	}
	r.Versions.Program = ir.Hash(p)
	return nil
}

// YAML gives the report for machines.
func (r *Report) YAML() ([]byte, error) {
	if err := r.complete(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

//go:embed report.html
var reportPage string

// HTML gives the report for people: one page that needs nothing else.
func (r *Report) HTML() ([]byte, error) {
	if err := r.complete(); err != nil {
		return nil, err
	}
	page, err := template.New("report").Parse(reportPage)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = page.Execute(&b, r)
	return b.Bytes(), err
}

// A Group is the results of one promise.
type Group struct {
	Promise Promise
	Results []TestResult
}

// Groups gives the results by promise, in the order of the run.
func (r *Report) Groups() []*Group {
	var groups []*Group
	at := map[Promise]*Group{}
	for _, x := range r.Results {
		if at[x.Promise] == nil {
			at[x.Promise] = &Group{Promise: x.Promise}
			groups = append(groups, at[x.Promise])
		}
		at[x.Promise].Results = append(at[x.Promise].Results, x)
	}
	return groups
}

// Count says how many of a group ended in a way.
func (g *Group) Count(o Outcome) (n int) {
	for _, x := range g.Results {
		if x.Outcome == o {
			n++
		}
	}
	return n
}
