// This file defines what an engine is opened with.

package engine

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/stateful-entities/sfc/runner"
)

// What bounds an engine if nothing else is said.
const (
	defaultQueue   = 4096
	defaultGroup   = 1024
	defaultCache   = 256 << 20
	defaultBlocks  = 64 << 20
	defaultHorizon = 24 * time.Hour
	defaultHistory = 10_000_000
)

// Options bound an engine. The zero value of each field means its default; what is below zero is refused.
type Options struct {
	Limits runner.Limits // of each request; runner.DefaultLimits
	// Queue is how many requests may wait for their turn, default 4096; more are refused as Overloaded.
	Queue int
	// Group is how many requests one commit takes at most, default 1024.
	Group int
	// Cache is the memory for entities, in bytes, default 256 MiB. It is an estimate: the encoded length and a multiple
	// of it for the decoded object. What a group has written stays until it is committed.
	Cache int64
	// Blocks is the memory for blocks of the database's files, in bytes, default 64 MiB.
	Blocks int64
	// Horizon is how long entries of the history are kept, default 24 hours by the engine's clock, and HistoryCount how
	// many, default 10 million. An id whose entry has gone is refused as Expired.
	Horizon      time.Duration
	HistoryCount uint64
	Clock        func() time.Time // default time.Now
	Log          *slog.Logger     // default: nothing is logged
	// Metrics is where the engine's metrics are registered, named sfc_engine_…; until it is closed. Default: nowhere.
	Metrics prometheus.Registerer
	// Fatal is called once when the engine can go on no more: the disk failed, is full or has lost data. Requests whose
	// commit had not reached the disk are answered Unavailable. Default: nothing, the engine refuses all work.
	Fatal func(error)
	// Chaos encodes, drops and decodes everything at each suspension; for tests.
	Chaos bool

	fs vfs.FS // the file system of tests
}

func (o Options) orDefault() Options {
	o.Limits = o.Limits.OrDefault()
	o.Queue = orElse(o.Queue, defaultQueue)
	o.Group = orElse(o.Group, defaultGroup)
	o.Cache = orElse(o.Cache, defaultCache)
	o.Blocks = orElse(o.Blocks, defaultBlocks)
	o.Horizon = orElse(o.Horizon, defaultHorizon)
	o.HistoryCount = orElse(o.HistoryCount, defaultHistory)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Fatal == nil {
		o.Fatal = func(error) {}
	}
	if o.fs == nil {
		o.fs = vfs.Default
	}
	return o
}

// check refuses what bounds nothing.
func (o Options) check() error {
	for _, x := range []struct {
		name string
		of   int64
	}{{"Queue", int64(o.Queue)}, {"Group", int64(o.Group)}, {"Cache", o.Cache}, {"Blocks", o.Blocks}, {"Horizon", int64(o.Horizon)}} {
		if x.of < 0 {
			return fmt.Errorf("option %s: want more than nothing, got %d", x.name, x.of)
		}
	}
	return nil
}

func orElse[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
