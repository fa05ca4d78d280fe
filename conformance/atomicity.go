// This file holds the tests of a promise.

package conformance

func atomicity() []Test { return nil }
