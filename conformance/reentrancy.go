// This file holds the tests of a promise.

package conformance

func reentrancy() []Test { return nil }
