// This file makes the report of a run.

package conformance

// A Report says how a target did.
type Report struct {
	Target  string
	Results []TestResult
}

// A TestResult is one test of a report.
type TestResult struct {
	Test   Test
	Result Result
}

func newReport(target Target, o Options) *Report { return &Report{Target: target.Name()} }

func (r *Report) add(test Test, result Result) {
	r.Results = append(r.Results, TestResult{test, result})
}
