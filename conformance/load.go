// This file lets many clients work at once, and notes what they saw.

package conformance

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stateful-entities/sfc/conformance/history"
)

// A crowd is clients that work at once.
type crowd struct {
	t       T
	begin   time.Time
	name    string // of all their requests
	service Service
	shifts  int // how often clients have worked
	unknown atomic.Int64
	told    sync.Map // codes and errors that were told
}

// A client is one of a crowd.
type client struct {
	*crowd
	Session
	rnd   *rand.Rand
	shift int // which one, from 1
	n     int // which client of the shift, from 0
	count int // of its requests
}

// newCrowd prepares clients whose requests have ids that begin with a name.
func newCrowd(t T, s Service, name string) *crowd {
	return &crowd{t: few(t), begin: time.Now(), name: name, service: s}
}

// maxFaults bounds how many faults a test tells: what is broken shows everywhere.
const maxFaults = 10

// fewFaults is a T that tells the first faults only.
type fewFaults struct {
	T
	count atomic.Int64
}

func few(t T) T {
	if f, ok := t.(*fewFaults); ok {
		return f
	}
	return &fewFaults{T: t}
}

func (f *fewFaults) Errorf(format string, args ...any) {
	f.T.Helper()
	switch n := f.count.Add(1); {
	case n <= maxFaults:
		f.T.Errorf(format, args...)
	case n == maxFaults+1:
		f.T.Errorf("there are more faults")
	}
}

// work lets n clients work at once and waits for them. It may be called again.
func (c *crowd) work(rnd *rand.Rand, n int, do func(*client)) {
	c.shifts++
	var group sync.WaitGroup
	for i := range n {
		one := &client{crowd: c, Session: c.service.Session(), rnd: rand.New(rand.NewPCG(rnd.Uint64(), rnd.Uint64())), shift: c.shifts, n: i}
		group.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					c.t.Errorf("the test itself panics: %v\n%s", v, stack())
				}
			}()
			do(one)
		})
	}
	group.Wait()
}

// now is the time since the begin.
func (c *crowd) now() time.Duration { return time.Since(c.begin) }

// tell fails the test, once for each text.
func (c *crowd) tell(text string) {
	if _, told := c.told.LoadOrStore(text, true); !told {
		c.t.Errorf("%s", text)
	}
}

// id gives the next request of a client an id.
func (c *client) id() string {
	c.count++
	return fmt.Sprintf("%s.%d.c%d.%d", c.name, c.shift, c.n, c.count)
}

// outcome says what an answer tells about the request's effect.
func outcome(a Answer, err error) history.Outcome {
	switch {
	case err != nil || a.Code == "Unavailable":
		return history.Unknown
	case a.Code == "":
		return history.Done
	}
	return history.Failed
}

// pause is how long a client waits before it asks again, and patience how long it goes on.
const (
	pause    = 10 * time.Millisecond
	patience = 30 * time.Second
)

// do sends a request and notes it. One that is refused for too much load is sent again: it has not run.
func (c *client) do(r Request) (history.Op, Answer) {
	if r.ID == "" {
		r.ID = c.id()
	}
	op := history.Op{ID: r.ID, Text: r.String(), Call: c.now()}
	for {
		a, err := c.Call(c.t.Context(), r)
		if err == nil && a.Code == "Overloaded" && c.now() < op.Call+patience {
			time.Sleep(pause)
			continue
		}
		op.Return, op.Outcome, op.Answer = c.now(), outcome(a, err), said(a, err)
		if op.Outcome == history.Unknown {
			c.unknown.Add(1)
		}
		return op, a
	}
}

// insist sends a request until its outcome is known, with one id.
func (c *client) insist(r Request) (history.Op, Answer) {
	if r.ID == "" {
		r.ID = c.id()
	}
	begin := c.now()
	for {
		op, a := c.do(r)
		op.Call = begin
		if op.Outcome != history.Unknown {
			return op, a
		}
		if c.now() > begin+patience || c.t.Context().Err() != nil {
			c.tell(fmt.Sprintf("no answer in %s: %s", patience, op.String()))
			return op, a
		}
		time.Sleep(pause)
	}
}

// check tells about answers that should not be: of codes that are not among those expected.
func (c *client) check(op history.Op, a Answer, expected ...string) bool {
	if op.Outcome != history.Failed {
		return op.Outcome == history.Done
	}
	for _, code := range append(expected, "Conflict") { // a conflict is rolled back: the client may ask anew
		if a.Code == code {
			return false
		}
	}
	if _, told := c.told.LoadOrStore(a.Code, true); !told {
		c.t.Errorf("unexpected answer: %s", op.String())
	}
	return false
}

// answered fails the test if too few of the requests were answered for a judgement.
func (c *crowd) answered(of int) {
	if n := c.unknown.Load(); n*10 > int64(of) {
		c.t.Errorf("%d of %d requests have no answer that tells whether they ran", n, of)
	}
}

// decode reads a value out of JSON; what has another form fails the test.
func decode[V any](c *client, op history.Op, a Answer) (v V) {
	if err := json.Unmarshal(a.Value, &v); err != nil {
		c.tell(fmt.Sprintf("an answer of another form: %s: %v", op.String(), err))
	}
	return v
}

// String shows the request.
func (r Request) String() string {
	args, err := json.Marshal(append([]any{}, r.Args...))
	if err != nil {
		args = []byte(err.Error())
	}
	to := r.Name
	if r.Type != "" {
		to = r.Type + "/" + r.Key + " " + r.Name
	}
	return to + " " + clipped(string(args))
}

// said shows an answer.
func said(a Answer, err error) string {
	switch {
	case err != nil:
		return "no answer: " + err.Error()
	case a.Code != "":
		return "error " + a.Code + " " + fmt.Sprintf("%q", clipped(a.Detail))
	}
	return clipped(string(a.Value))
}

// clipped shows begin and end of a long text.
func clipped(s string) string {
	const most = 120
	s = strings.TrimSpace(s)
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most/2]+" … "+s[len(s)-most/2:], "")
}

// setUp makes a request that must succeed, and gives its result.
func setUp(t T, s Session, r Request) json.RawMessage {
	t.Helper()
	a := insist(t, s, r)
	if a.Code != "" {
		t.Errorf("%s: want a result, got %s", r, said(a, nil))
		t.FailNow()
	}
	return a.Value
}

// insist sends a request until it has an answer that tells its outcome.
func insist(t T, s Session, r Request) Answer {
	t.Helper()
	if r.ID == "" {
		r.ID = "set-up-" + crand.Text()
	}
	a, err := persist(t.Context(), func() (Answer, error) { return s.Call(t.Context(), r) })
	if err != nil {
		t.Errorf("%s: no answer: %v", r, err)
		t.FailNow()
	}
	return a
}

// persist asks until there is an answer that tells the outcome, or for too long.
func persist(ctx context.Context, ask func() (Answer, error)) (Answer, error) {
	for end := time.Now().Add(patience); ; {
		a, err := ask()
		if err == nil && a.Code != "Unavailable" && a.Code != "Overloaded" || time.Now().After(end) || ctx.Err() != nil {
			return a, err
		}
		time.Sleep(pause)
	}
}
