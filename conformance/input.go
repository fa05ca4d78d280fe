// This file holds the tests of a promise.

package conformance

func input() []Test { return nil }
