// This file compares complex arithmetic with Go's. It is for amd64 alone, as its name says: on other processors Go may fuse
// products into sums, and there its own arithmetic is not what ours has to equal.

package runner_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

func TestComplexArithmetic(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	special := []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, math.SmallestNonzeroFloat64}
	part := func() float64 {
		switch r.IntN(4) {
		case 0:
			return special[r.IntN(len(special))]
		case 1:
			return math.Float64frombits(r.Uint64())
		}
		return r.NormFloat64()
	}
	bits := func(c complex128) [2]uint64 { // all NaNs are one
		one := func(f float64) uint64 {
			if f != f {
				return 1
			}
			return math.Float64bits(f)
		}
		return [2]uint64{one(real(c)), one(imag(c))}
	}
	for range 200_000 {
		a, b := complex(part(), part()), complex(part(), part())
		require.Equal(t, bits(a*b), bits(runner.ComplexProduct(a, b)), "%v * %v", a, b)
		require.Equal(t, bits(a/b), bits(runner.ComplexQuotient(a, b)), "%v / %v", a, b)
		c, d := complex64(a), complex64(b)
		require.Equal(t, bits(complex128(c/d)), bits(complex128(complex64(runner.ComplexQuotient(complex128(c), complex128(d))))), "%v / %v", c, d)
	}
}
