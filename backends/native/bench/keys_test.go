// This file holds the choosers to YCSB's published constants and to Zipf's law.

package bench

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// random gives random numbers of a seed that it prints.
func random(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// YCSB's ScrambledZipfianGenerator has ZETAN = 26.46902820178302 for ITEM_COUNT = 10000000000 and theta .99: computed
// term by term, so that its last digits are rounding.
func TestZetaIsAsPublished(t *testing.T) {
	require.InEpsilon(t, 26.46902820178302, zeta(ycsbItems, 0.99), 1e-9)
	require.InDelta(t, 1+math.Pow(2, -0.99), zeta(2, 0.99), 1e-15)
}

// Term by term, where that is short.
func TestZetaIsTheSum(t *testing.T) {
	for _, theta := range []float64{0.2, 0.5, 0.99, 1.5} {
		for _, n := range []float64{1, 999, 1000, 1001, 5000, 1e6} {
			sum := 0.0
			for i := 1.0; i <= n; i++ {
				sum += math.Pow(i, -theta)
			}
			require.InEpsilon(t, sum, zeta(n, theta), 1e-12, "theta %v, n %v", theta, n)
		}
	}
}

// YCSB's hash is FNV-1a over the eight bytes, lowest first; Java's Math.abs drops the sign.
func TestHashIsYCSBs(t *testing.T) {
	r := random(t)
	for range 1000 {
		v := r.Uint64()
		h := fnv.New64a()
		h.Write(binary.LittleEndian.AppendUint64(nil, v))
		want := new(big.Int).SetInt64(int64(h.Sum64()))
		require.Equal(t, want.Abs(want).Uint64(), fnvHash(v))
	}
}

func TestUniformIsEven(t *testing.T) {
	const n, draws = 100, 200_000
	counts, expected := make([]int, n), make([]float64, n)
	choose := chooserOf(t, "uniform", n)
	r := random(t)
	for range draws {
		counts[choose(r)]++
	}
	for i := range expected {
		expected[i] = draws / n
	}
	requireFits(t, counts, expected)
}

// Ranks 0 and 1 have exactly their probabilities; the rest is a continuous approximation that YCSB has too, near the law
// from the first ranks on.
func TestZipfianFollowsTheLaw(t *testing.T) {
	const draws = 1_000_000
	z := newZipfian(ycsbItems, 0.99)
	r := random(t)
	counts := make([]int, 3)
	upTo := map[float64]int{1e2: 0, 1e4: 0, 1e6: 0, 1e8: 0}
	for range draws {
		rank := z.rank(r.Float64())
		require.Less(t, rank, uint64(ycsbItems))
		counts[min(rank, 2)]++
		for bound := range upTo {
			if float64(rank) < bound {
				upTo[bound]++
			}
		}
	}
	const zetan = 26.46902820178302
	p0, p1 := 1/zetan, math.Pow(0.5, 0.99)/zetan
	requireFits(t, counts, []float64{draws * p0, draws * p1, draws * (1 - p0 - p1)})
	for bound, n := range upTo {
		require.InDelta(t, zeta(bound, 0.99)/zetan, float64(n)/draws, 0.01, "ranks below %v", bound)
	}
}

func TestSkewAboveOneFollowsTheLaw(t *testing.T) {
	const n, draws, head = 100_000, 1_000_000, 50
	r := random(t)
	z := rand.NewZipf(r, 1.5, 1, n-1) // as choosers makes it
	counts := make([]int, head+1)
	for range draws {
		counts[min(z.Uint64(), head)]++
	}
	total := 0.0
	for i := 1.0; i <= n; i++ {
		total += math.Pow(i, -1.5)
	}
	expected, rest := make([]float64, head+1), float64(draws)
	for i := range head {
		expected[i] = draws * math.Pow(float64(i+1), -1.5) / total
		rest -= expected[i]
	}
	expected[head] = rest
	requireFits(t, counts, expected)
}

// The most popular account is where the hash puts rank 0, and as popular as rank 0.
func TestScrambledKeysKeepTheirPopularity(t *testing.T) {
	const n, draws = 100_000, 200_000
	for keys, share := range map[string]float64{"zipf0.99": 1 / 26.46902820178302, "zipf1.5": 1 / 2.606} { // zeta(1.5) is 2.612, of 100 000 terms 2.606
		choose, r := chooserOf(t, keys, n), random(t)
		counts := map[int]int{}
		for range draws {
			counts[choose(r)]++
		}
		first := int(fnvHash(0) % n)
		require.InDelta(t, share, float64(counts[first])/draws, 0.004, keys)
		for account, c := range counts {
			require.True(t, account >= 0 && account < n)
			require.LessOrEqual(t, c, counts[first])
		}
	}
}

func chooserOf(t *testing.T, keys string, n int) chooser {
	make, err := choosers(keys, n)
	require.NoError(t, err)
	return make(random(t))
}

// requireFits is Pearson's chi-square test. Its bound is 6 standard deviations above the mean (for many degrees of
// freedom; a few have a longer tail, which the constant covers): it fails by chance once in about a million runs.
func requireFits(t *testing.T, counts []int, expected []float64) {
	t.Helper()
	chi := 0.0
	for i, want := range expected {
		require.Greater(t, want, 5.0, "too few expected in class %d", i)
		d := float64(counts[i]) - want
		chi += d * d / want
	}
	k := float64(len(counts) - 1)
	require.Less(t, chi, k+6*math.Sqrt(2*k)+20, "chi-square of %d classes", len(counts))
}

// The test of the tests: a generator of a slightly other skew does not pass.
func TestChiSquareNoticesAnotherSkew(t *testing.T) {
	r := random(t)
	z := newZipfian(ycsbItems, 0.98)
	const draws = 1_000_000
	first := 0
	for range draws {
		if z.rank(r.Float64()) == 0 {
			first++
		}
	}
	p := 1 / 26.46902820178302
	d := float64(first) - draws*p
	require.Greater(t, d*d/(draws*p*(1-p)), 100.0)
}
