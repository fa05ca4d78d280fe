// This file measures where the time of a request goes, by the size of the state that it changes.

package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Overhead is where the time of one request goes, in microseconds. The request changes a state of some size and calls
// another entity; one client makes one after the other, in process. Each part is measured by itself, with the same
// values, in turns with the whole; what they do not explain is the rest: queues and goroutines, the history. It is below
// zero if the parts overlap or a disk was slower when it was measured.
type Overhead struct {
	Size            int     `json:"size"`            // of the state, encoded, in bytes
	Request         float64 `json:"request"`         // the whole
	Splitting       float64 `json:"splitting"`       // frames, dispatch, the call of the other entity
	Instrumentation float64 `json:"instrumentation"` // the driver's part without a split: bounds, backups, bookkeeping
	Codec           float64 `json:"codec"`           // decoding and encoding the states and arguments
	Storage         float64 `json:"storage"`         // writing the same bytes, synced
	Rest            float64 `json:"rest"`
	Share           float64 `json:"share"` // of splitting and instrumentation in the request
	Met             bool    `json:"met"`   // the aim
}

// maxShare is the aim of the paper: splitting and instrumentation together.
const maxShare = 0.01

func (o Overhead) cells() []string {
	part := func(us float64) string { return fmt.Sprintf("%s, %.1f %%", duration(us), 100*us/o.Request) }
	met := "missed"
	if o.Met {
		met = "met"
	}
	return []string{
		fmt.Sprintf("%d kB", (o.Size+500)/1000), duration(o.Request),
		fmt.Sprintf("%s, %.2f %%", duration(o.Splitting), 100*o.Splitting/o.Request),
		fmt.Sprintf("%s, %.2f %%", duration(o.Instrumentation), 100*o.Instrumentation/o.Request),
		part(o.Codec), part(o.Storage), part(o.Rest),
		fmt.Sprintf("%.2f %%", 100*o.Share), fmt.Sprintf("< %.0f %%", 100*maxShare), met,
	}
}

// overhead measures all sizes of the plan.
func (a *app) overhead(ctx context.Context, dir string, report *Report, say *progress) error {
	for _, size := range a.plan.Sizes {
		say.say("overhead: a state of %d bytes", size)
		one, err := a.overheadOf(ctx, filepath.Join(dir, fmt.Sprint("overhead-", size)), size)
		if err != nil {
			return fmt.Errorf("overhead of %d bytes: %w", size, err)
		}
		report.Overhead = append(report.Overhead, one)
	}
	return nil
}

func (a *app) overheadOf(ctx context.Context, dir string, size int) (out Overhead, err error) {
	t, err := a.newTrial(ctx, dir, size)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := a.profile.begin(); err != nil {
		return out, err
	}
	parts := []func() error{t.whole, t.split, t.plainSplit, t.single, t.plainSingle, t.codec, t.store}
	took := make([][]float64, len(parts))
	for range a.plan.Rounds {
		for i, once := range parts {
			one, err := typical(ctx, a.plan.Duration/2, once)
			if err != nil {
				return out, err
			}
			took[i] = append(took[i], one)
		}
	}
	mid := func(i int) float64 { return median(took[i], func(v float64) float64 { return v }) }
	out = Overhead{Size: len(t.documentBytes), Request: mid(0), Codec: mid(5), Storage: mid(6)}
	out.Instrumentation = mid(3) - mid(4)
	out.Splitting = mid(1) - mid(2) - out.Instrumentation
	out.Rest = out.Request - out.Splitting - out.Instrumentation - out.Codec - out.Storage
	out.Share = (out.Splitting + out.Instrumentation) / out.Request
	out.Met = out.Share < maxShare
	return out, nil
}

// typical does something again and again and gives how long it takes, in microseconds: the median, of runs long enough
// for the clock.
func typical(ctx context.Context, d time.Duration, once func() error) (float64, error) {
	const enough = 20 * time.Microsecond
	var took []float64
	for batch, start := 1, time.Now(); ; {
		began := time.Now()
		for range batch {
			if err := once(); err != nil {
				return 0, err
			}
		}
		one := time.Since(began)
		if one < enough && time.Since(start) < d {
			batch *= 2
			took = took[:0] // too short to tell
			continue
		}
		took = append(took, microseconds(one)/float64(batch))
		if time.Since(start) >= d {
			return median(took, func(v float64) float64 { return v }), ctx.Err()
		}
	}
}
