// This file makes the requests of the workloads.

package bench

import (
	"fmt"
	"math/rand/v2"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
	"github.com/stateful-entities/sfc/backends/native/bench/plan/ledger"
)

// kind is what a request does.
type kind uint8

const (
	read     kind = iota // all fields
	update               // of one field
	transfer             // between two accounts
	kinds
)

// operation is one request.
type operation struct {
	kind   kind
	a, b   int // accounts; b gets what a transfer moves
	field  int
	value  string
	amount int
}

// shares are in percent, by kind.
var shares = map[string][kinds]int{
	plan.YCSBA:    {read: 50, update: 50},
	plan.YCSBB:    {read: 95, update: 5},
	plan.Transfer: {transfer: 100},
	plan.Mixed:    {read: 45, update: 45, transfer: 10},
}

// The economy of YCSB+T: what an account begins with, and the most that a transfer moves.
const (
	deposit   = 10_000
	maxAmount = 10
)

// records are the accounts with their texts: names of equal length, and values made in advance, so that making a
// request costs next to nothing.
type records struct {
	names  []string
	values []string
}

func newRecords(accounts, field int, seed uint64) *records {
	r := rand.New(rand.NewPCG(seed, 0))
	x := &records{names: make([]string, accounts), values: make([]string, 1024)}
	for i := range x.names {
		x.names[i] = fmt.Sprintf("user%08d", i)
	}
	for i := range x.values {
		x.values[i] = randomText(r, field)
	}
	return x
}

// randomText gives printable ASCII that JSON need not escape.
func randomText(r *rand.Rand, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// fields gives an account's fields as it begins.
func (x *records) fields(r *rand.Rand) (f [ledger.Fields]string) {
	for i := range f {
		f[i] = x.values[r.IntN(len(x.values))]
	}
	return f
}

// generator makes one client's requests: the same ones for the same seed, client and turn.
type generator struct {
	shares  [kinds]int
	records *records
	random  *rand.Rand
	choose  chooser
}

func newGenerator(w string, x *records, keys func(*rand.Rand) chooser, seed, stream uint64) *generator {
	r := rand.New(rand.NewPCG(seed, stream))
	return &generator{shares[w], x, r, keys(r)}
}

func (g *generator) next(o *operation) {
	o.kind, o.a = g.kind(), g.choose(g.random)
	switch o.kind {
	case update:
		o.field, o.value = g.random.IntN(ledger.Fields), g.records.values[g.random.IntN(len(g.records.values))]
	case transfer:
		o.b, o.amount = g.choose(g.random), 1+g.random.IntN(maxAmount)
		if o.b == o.a {
			o.b = (o.a + 1) % len(g.records.names)
		}
	}
}

func (g *generator) kind() kind {
	percent := g.random.IntN(100)
	for k, share := range g.shares {
		if percent -= share; percent < 0 {
			return kind(k)
		}
	}
	panic("shares are not 100 percent")
}
