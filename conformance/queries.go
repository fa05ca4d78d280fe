// This file holds the tests of a promise.

package conformance

func queries() []Test { return nil }
