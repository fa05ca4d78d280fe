// This file chooses keys: evenly, or by Zipf's law as YCSB does.

package bench

import (
	"math"
	"math/rand/v2"

	"github.com/stateful-entities/sfc/backends/native/bench/plan"
)

// chooser gives the index of an account.
type chooser func(r *rand.Rand) int

// ycsbItems is over how many items YCSB's scrambled generator draws, whatever the number of records: a fixed one, so
// that its zeta need not be computed (ScrambledZipfianGenerator.ITEM_COUNT).
const ycsbItems = 10_000_000_000

// choosers gives what chooses among n accounts, one for each client's source of random numbers. Skewed ranks are
// scattered over the accounts by YCSB's hash, so that popular accounts are no neighbours.
func choosers(keys string, n int) (func(r *rand.Rand) chooser, error) {
	theta, err := plan.Theta(keys)
	switch {
	case err != nil:
		return nil, err
	case theta == 0:
		return func(*rand.Rand) chooser {
			return func(r *rand.Rand) int { return r.IntN(n) }
		}, nil
	case theta < 1:
		z := newZipfian(ycsbItems, theta)
		return func(*rand.Rand) chooser {
			return func(r *rand.Rand) int { return int(fnvHash(z.rank(r.Float64())) % uint64(n)) }
		}, nil
	}
	return func(r *rand.Rand) chooser { // YCSB's formula is for skews below 1; the library's is for those above
		z := rand.NewZipf(r, theta, 1, uint64(n-1))
		return func(*rand.Rand) int { return int(fnvHash(z.Uint64()) % uint64(n)) }
	}, nil
}

// zipfian draws ranks 0 to items-1, rank k about as often as 1/(k+1)^theta: the generator of Gray et al., "Quickly
// Generating Billion-Record Synthetic Databases" (SIGMOD 1994), as YCSB's ZipfianGenerator has it.
type zipfian struct {
	items, theta, alpha, zetan, eta float64
}

func newZipfian(items, theta float64) zipfian {
	zetan := zeta(items, theta)
	return zipfian{
		items: items, theta: theta, alpha: 1 / (1 - theta), zetan: zetan,
		eta: (1 - math.Pow(2/items, 1-theta)) / (1 - zeta(2, theta)/zetan),
	}
}

// rank turns an even number from [0, 1) into a rank.
func (z zipfian) rank(u float64) uint64 {
	switch uz := u * z.zetan; {
	case uz < 1:
		return 0
	case uz < 1+math.Pow(0.5, z.theta):
		return 1
	}
	return uint64(z.items * math.Pow(z.eta*u-z.eta+1, z.alpha))
}

// zeta is the sum of 1/i^theta for i from 1 to n: the first terms one by one, the rest by the Euler-Maclaurin formula,
// whose next term is below 1e-12.
func zeta(n, theta float64) float64 {
	const few = 1000
	sum := 0.0
	for i := 1.0; i <= min(n, few); i++ {
		sum += math.Pow(i, -theta)
	}
	if n <= few {
		return sum
	}
	f := func(x float64) float64 { return math.Pow(x, -theta) }
	slope := func(x float64) float64 { return -theta * math.Pow(x, -theta-1) }
	integral := (math.Pow(n, 1-theta) - math.Pow(few, 1-theta)) / (1 - theta)
	return sum + integral + (f(n)-f(few))/2 + (slope(n)-slope(few))/12
}

// fnvHash is YCSB's Utils.fnvhash64: FNV-1a over the eight bytes, lowest first, without the sign.
func fnvHash(v uint64) uint64 {
	h := uint64(0xcbf29ce484222325)
	for range 8 {
		h ^= v & 0xff
		h *= 0x100000001b3
		v >>= 8
	}
	if s := int64(h); s < 0 {
		return uint64(-s)
	}
	return h
}
