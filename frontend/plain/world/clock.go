// This file holds the request's clock and randomness, and what stands for a test's own.

package world

import (
	"crypto/sha256"
	rand1 "math/rand"
	"math/rand/v2"
	"time"
)

// Now is time.Now: the request's time. Outside of requests it is the clock's.
func Now() time.Time {
	if Inside() {
		return current.time
	}
	return time.Now().UTC()
}

// Since is time.Since.
func Since(t time.Time) time.Duration { return Now().Sub(t) }

// Until is time.Until.
func Until(t time.Time) time.Duration { return t.Sub(Now()) }

// random is the request's randomness, for both packages named rand.
type random struct {
	v2 *rand.Rand
	v1 *rand1.Rand
}

// source makes the one ChaCha8 a source for the older package.
type source struct{ *rand.ChaCha8 }

func (s source) Int63() int64 { return int64(s.Uint64() >> 1) }
func (s source) Seed(int64)   {}

func drawn() *random {
	if current.random == nil {
		c := rand.NewChaCha8(sha256.Sum256([]byte(current.id)))
		current.random = &random{rand.New(c), rand1.New(source{c})}
	}
	return current.random
}

// Rand gives the generator behind the functions of math/rand/v2.
func Rand() *rand.Rand { return drawn().v2 }

// Rand1 gives the generator behind the functions of math/rand.
func Rand1() *rand1.Rand { return drawn().v1 }

// RandN is rand.N of math/rand/v2.
func RandN[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](n T) T {
	if n <= 0 {
		panic("invalid argument to N")
	}
	return T(Rand().Uint64N(uint64(n)))
}

// Serial stands for (*testing.T).Parallel: there is one world, so tests run one after another.
func Serial() {}
