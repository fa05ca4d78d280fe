// This file holds the tests of a promise.

package conformance

func deadlines() []Test { return nil }
