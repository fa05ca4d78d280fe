// This file holds the tests of a promise.

package conformance

func durability() []Test { return nil }
