// This file finds out what the engine writes for a request, by looking at its database.

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/native/bench/plan/ledger"
	"github.com/stateful-entities/sfc/backends/native/engine"
)

// footprint is what requests leave in the database, as patterns.
type footprint struct {
	of     [kinds][][]pair // some for each kind of request
	states []pair          // states of many accounts, so that no two neighbours in the baseline's files are alike
	group  []pair          // what a group leaves beside its requests
}

// pair is one key with its value.
type pair struct {
	key, value []byte
	patches    []patch
	state      bool // of an account: a group writes it once
	account    part // of a state: which of the request's accounts
}

// patch is a place where the pattern has what differs from request to request.
type patch struct {
	inValue bool
	at      int
	part    part
}

// part is what differs.
type part uint8

const (
	firstAccount part = iota
	secondAccount
	requestID
	position // eight bytes at the end of a key that is new and has none of the others
)

// The databases of engines lie in a folder of this name in the data folder.
const databaseFolder = "db"

// sampled are accounts of the engine that is looked at, and how many requests of each kind are.
const (
	sampled = 512
	samples = 4
)

// observe runs requests on an engine of its own and looks at what they have left.
func observe(ctx context.Context, a *app, dir string) (*footprint, error) {
	x := newRecords(sampled, len(a.records.values[0]), a.plan.Seed)
	o := observer{app: a, dir: dir, records: x}
	if err := o.run(ctx, func(p *inProcess) error { return p.fill(ctx, a.plan.Seed) }); err != nil {
		return nil, err
	}
	before, err := o.scan()
	if err != nil {
		return nil, err
	}
	found := &footprint{}
	for k := range kinds {
		for i := range samples {
			one := operation{kind: k, a: 2 * i, b: 2*i + 1, field: i % ledger.Fields, value: x.values[i], amount: 1}
			id := newID()
			if err := o.run(ctx, func(p *inProcess) error { return o.request(ctx, p, &one, id) }); err != nil {
				return nil, err
			}
			after, err := o.scan()
			if err != nil {
				return nil, err
			}
			found.add(o.difference(before, after, &one, id), k)
			before = after
		}
	}
	found.states = o.states(found, before)
	return found, found.check(len(x.names))
}

// check refuses what cannot be what the engine writes: the baseline would be another one than it says.
func (f *footprint) check(accounts int) error {
	states := func(k kind) (n int) {
		for _, p := range f.of[k][0] {
			if p.state {
				n++
			}
		}
		return n
	}
	if states(read) != 0 || states(update) != 1 || states(transfer) != 2 || len(f.states) != accounts ||
		len(f.of[read][0]) != 0 || len(f.of[update][0]) == 1 || len(f.of[transfer][0]) == 2 {
		return fmt.Errorf("the engine's database has another form: of %d accounts, %d have a state; an update wrote %d (%d keys), a transfer %d (%d), a read %d keys",
			accounts, len(f.states), states(update), len(f.of[update][0]), states(transfer), len(f.of[transfer][0]), len(f.of[read][0]))
	}
	return nil
}

// add takes what a request has left.
func (f *footprint) add(d difference, k kind) {
	f.of[k] = append(f.of[k], d.request)
	if len(d.group) > len(f.group) {
		f.group = d.group
	}
}

type observer struct {
	app     *app
	dir     string
	records *records
}

// run opens the engine, does something, and closes it.
func (o *observer) run(ctx context.Context, do func(*inProcess) error) error {
	e, err := engine.Open(o.dir, o.app.program, o.app.text, engine.Options{})
	if err != nil {
		return err
	}
	return errors.Join(do(&inProcess{e, o.app.functions, o.records}), e.Close())
}

func (o *observer) request(ctx context.Context, p *inProcess, op *operation, id string) error {
	fn := p.functions.of[op.kind]
	r := gateway.Request{ID: id, Func: fn, Key: o.records.names[op.a]}
	switch op.kind {
	case read:
		r.Frame = frame(fn)
	case update:
		r.Frame = frame(fn, op.field, op.value)
	case transfer:
		r.Frame = frame(fn, o.records.names[op.b], op.amount)
	}
	if resp := p.exec.Call(ctx, r); resp.Err != nil {
		return resp.Err
	}
	return nil
}

// scan reads the whole database.
func (o *observer) scan() (map[string][]byte, error) {
	db, err := pebble.Open(filepath.Join(o.dir, databaseFolder), &pebble.Options{
		ReadOnly: true, FormatMajorVersion: pebble.FormatNewest, Logger: quiet{},
	})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	it, err := db.NewIter(nil)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for ok := it.First(); ok; ok = it.Next() {
		all[string(it.Key())] = bytes.Clone(it.Value())
	}
	return all, it.Close()
}

// difference is what a request changed.
type difference struct{ request, group []pair }

// difference turns what a request changed into patterns.
func (o *observer) difference(before, after map[string][]byte, op *operation, id string) (d difference) {
	for key, value := range after {
		old, existed := before[key]
		if existed && bytes.Equal(old, value) {
			continue
		}
		p := pair{key: []byte(key), value: value}
		p.find(firstAccount, o.records.names[op.a])
		if op.kind == transfer {
			p.find(secondAccount, o.records.names[op.b])
		}
		p.find(requestID, id)
		inKey := slices.IndexFunc(p.patches, func(x patch) bool { return !x.inValue })
		switch {
		case existed && inKey < 0:
			d.group = append(d.group, p)
			continue
		case inKey >= 0 && p.patches[inKey].part != requestID:
			p.state, p.account = true, p.patches[inKey].part
		case inKey < 0:
			p.patches = append(p.patches, patch{at: len(key) - 8, part: position})
		}
		d.request = append(d.request, p)
	}
	slices.SortFunc(d.request, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
	return d
}

// states gives the states of all accounts as patterns.
func (o *observer) states(f *footprint, all map[string][]byte) []pair {
	prefix := ""
	for _, p := range f.of[update][0] {
		if p.state {
			prefix = string(p.key[:len(p.key)-len(o.records.names[0])])
		}
	}
	var list []pair
	for _, name := range o.records.names {
		value, ok := all[prefix+name]
		if !ok {
			continue
		}
		p := pair{key: []byte(prefix + name), value: value}
		p.find(firstAccount, name)
		list = append(list, p)
	}
	return list
}

// find notes where a text stands.
func (p *pair) find(what part, text string) {
	for _, in := range []struct {
		value bool
		b     []byte
	}{{false, p.key}, {true, p.value}} {
		for from := 0; ; {
			i := bytes.Index(in.b[from:], []byte(text))
			if i < 0 {
				break
			}
			p.patches = append(p.patches, patch{inValue: in.value, at: from + i, part: what})
			from += i + len(text)
		}
	}
}

// databaseOptions gives the options of the engine's database, as it has written them into its folder: the baseline is
// to have the same.
func databaseOptions(dir string) (*pebble.Options, error) {
	names, err := filepath.Glob(filepath.Join(dir, databaseFolder, "OPTIONS-*"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no options of a database in %q: %w", dir, err)
	}
	slices.Sort(names)
	text, err := os.ReadFile(names[len(names)-1])
	if err != nil {
		return nil, err
	}
	o := &pebble.Options{Logger: quiet{}}
	err = o.Parse(string(text), &pebble.ParseHooks{
		NewFilterPolicy: func(name string) (pebble.FilterPolicy, error) {
			if name == "none" || name == "" {
				return nil, nil
			}
			return bloom.FilterPolicy(10), nil
		},
		SkipUnknown: func(name, _ string) bool { return !strings.HasPrefix(name, "Options.") },
	})
	return o, err
}

// quiet drops what a database tells of its work, and panics where it cannot go on.
type quiet struct{}

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (quiet) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
