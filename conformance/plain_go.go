// This file holds the tests of a promise.

package conformance

func plainGo() []Test { return nil }
