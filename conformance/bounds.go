// This file holds the tests of a promise.

package conformance

func bounds() []Test { return nil }
