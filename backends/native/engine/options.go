// This file defines what an engine is opened with.

package engine

import (
	"io"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/stateful-entities/sfc/runner"
)

// Options bound an engine. The zero value of each field means its default.
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
	o.Queue = orElse(o.Queue, 4096)
	o.Group = orElse(o.Group, 1024)
	o.Cache = orElse(o.Cache, 256<<20)
	o.Blocks = orElse(o.Blocks, 64<<20)
	o.Horizon = orElse(o.Horizon, 24*time.Hour)
	o.HistoryCount = orElse(o.HistoryCount, 10_000_000)
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

func orElse[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
