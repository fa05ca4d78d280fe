// This file names the error type that missing, doubled and unusable entities panic with.

package world

import "github.com/stateful-entities/sfc"

// Error is what user code recovers. In a module that does not know package sfc, and so cannot name the type, a file
// with a type of the same fields takes this one's place.
type Error = sfc.Error
