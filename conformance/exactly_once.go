// This file holds the tests of a promise.

package conformance

func exactlyOnce() []Test { return nil }
