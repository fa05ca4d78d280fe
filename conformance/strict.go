// This file holds the tests of a promise.

package conformance

func strict() []Test { return nil }
