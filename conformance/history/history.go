// This file defines what a history is: requests with the times between which each took effect.

// Package history judges what clients saw of a service whose requests run at once: whether there is an order of the
// requests, one after another and in keeping with real time, in which each could have given the answer that it gave.
//
// [CheckAppends] judges lists that only grow, in the manner of Elle (Kingsbury and Alvaro, "Elle: Inferring Isolation
// Anomalies from Experimental Observations", VLDB 2021): reads tell the order of all appends, from which follows which
// request came before which; a cycle among them is an anomaly, shown with the requests on it. It takes nearly linear
// time. [CheckRegisters] searches for an order of operations on registers, by porcupine, which takes exponential time
// at worst: for short histories, or registers that are never touched together.
package history

import (
	"fmt"
	"strings"
	"time"
)

// An Outcome is what a client knows about its request.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"    // answered: it took effect once, between call and return
	Failed  Outcome = "failed"  // answered: it has no effect and never will
	Unknown Outcome = "unknown" // not answered: it takes effect once, at any time after its call, or never
)

// An Op is one request of a client. Clients send their next request after the last was answered, or given up.
type Op struct {
	ID      string        // of the request
	Text    string        // its function and arguments
	Answer  string        // what came back
	Call    time.Duration // when it was sent, since the begin of the history
	Return  time.Duration // when the answer came; without a meaning if the outcome is unknown
	Outcome Outcome
}

// String tells the request in one line.
func (o *Op) String() string {
	at := fmt.Sprintf("sent %s, answered %s", moment(o.Call), moment(o.Return))
	if o.Outcome == Unknown {
		at = fmt.Sprintf("sent %s, never answered", moment(o.Call))
	}
	return fmt.Sprintf("[%s] %s => %s (%s)", o.ID, o.Text, o.Answer, at)
}

// before says that real time puts one operation before another.
func before(a, b *Op) bool { return a.Outcome != Unknown && a.Return < b.Call }

func moment(d time.Duration) string {
	return fmt.Sprintf("%.3fms", float64(d)/float64(time.Millisecond))
}

// An Anomaly is something that no order of the requests explains.
type Anomaly struct {
	Name string // as in the literature, "G-single"; or what it is, "lost append"
	Says string // one sentence
	// Cycle lists the requests, each with the reason why it comes before the next; the last comes before the first. An
	// anomaly that is no cycle names the requests that show it, without reasons.
	Cycle []Link
}

// A Link is a request on a cycle.
type Link struct {
	Op  *Op
	Why string // it comes before the next one
}

// String shows the anomaly with its requests, one a line.
func (a *Anomaly) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", a.Name, a.Says)
	for i, l := range a.Cycle {
		fmt.Fprintf(&b, "  T%d %s\n", i+1, l.Op)
	}
	for i, l := range a.Cycle {
		if l.Why != "" {
			fmt.Fprintf(&b, "  T%d is before T%d: %s\n", i+1, (i+1)%len(a.Cycle)+1, l.Why)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
