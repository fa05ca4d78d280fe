// This file holds the tests of a promise.

package conformance

func lifecycle() []Test { return nil }
