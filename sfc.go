// This file defines the few names that entity code may use.

// Package sfc holds the names that entity code may import: references by key, existence, deletion and the error type.
//
// Entity code needs none of them for ordinary calls: it is plain Go. The functions work in programs compiled by sfc and
// under `sfc test`; in a plain `go test` there is no world to look entities up in, and they panic and say so.
package sfc

// Get makes a reference to the entity of type T with the given key (a string or an integer, as T's Key method returns).
// It does not check that the entity exists: calling a missing one panics with an [*Error] of code NotFound.
// A key that is empty, longer than 512 bytes or not UTF-8 panics with code InvalidArgument.
func Get[T any](key any) *T {
	panic(outside("sfc.Get"))
}

// Exists says whether the entity that a reference names exists now. A nil reference gives false.
func Exists(ref any) bool {
	panic(outside("sfc.Exists"))
}

// Delete removes the entity that a reference names. A missing one panics with an [*Error] of code NotFound.
// Activations of it that are running go on with its state; new calls see NotFound.
func Delete(ref any) {
	panic(outside("sfc.Delete"))
}

func outside(name string) string {
	return name + " needs a world of entities: run this test with `sfc test`, or the program with `sfc run`"
}

// Error is a named error of a request. Entity code meets it as the value of a recovered panic (codes NotFound,
// AlreadyExists and InvalidArgument); clients meet every code.
type Error struct {
	Code    string // NotFound, AlreadyExists, InvalidArgument, Application, Panic, LimitExceeded, …
	Message string
	Entity  string // Type/key, if one is concerned
	Method  string // User.BuyItem
	At      string // file:line in the user's source
}

// Error gives code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }
