// This file documents the package.

// Package runner is what generated code links with. It runs the generated step functions of a program.
//
// A function that cannot reach another entity is a plain Go function. One that can is a [Frame]: a struct of its
// arguments, its variables that are alive across a split point, and its results (Psarakis et al., section 2.3). An
// activation is the stack of frames that one call has on one entity. Step runs a frame until it returns, calls another
// suspending function on the same activation, or must invoke, create, delete or look for another entity; it is pure: no
// clock, network, goroutine or randomness of its own.
//
// # Drivers
//
// Two drivers run the same frames. [Direct] runs a whole call tree over a [World], on an explicit stack: recursion needs
// no Go stack. [Activate] runs one activation for one [Event] and keeps nothing but bytes; [Messages] drives it in
// tests. [Chaos] is Direct with every suspension encoded, dropped and decoded again; it finds what a frame forgot. The
// outcomes of all are the same.
//
// # Transactions
//
// A request is one transaction. It commits when the root returns; a root's error, a panic that nobody recovered and a
// [Stop] roll it back, and the [Failure] names code, entity, method, place and request. An entity's object is loaded
// once and worked on in place, so that every alias that a frame holds stays true; it is dirty once a function with
// Func.Writes has run on it. After a deletion the frames that run on the object go on with it, and a new entity of the
// same key is another object.
//
// What crosses an invoke is a value. Arguments on entry, results on return, the values of panics and the states of new
// entities are copied, each as one graph, by encoding and decoding; references are values and package-level sentinels
// keep their identity. All slices that come out of a copy or a committed state have no room beyond their length.
//
// # Panics
//
// A panic travels up the frames to the nearest [Unwinder]; each frame costs a step. Its value is the user's own, Go's
// run-time errors are a runtime.Error with Go's message (a [RuntimeError] after an encoding), and missing or existing
// entities and unusable keys are an [*Error]. The place is the user's file and line, by the //line directives of the
// generated code; it stays through recover, [Rethrow] and a new panic with the same value. Stops are told to no frame:
// no defer runs, no recover sees them.
//
// # What generated code does
//
// Every generated function takes a [*Thread] first. A frame's Step ends with t.Call, t.Invoke, t.Create, t.Delete or
// t.Exists, or with [Return]; before that it sets its pc to where it goes on. It finds the callee's frame in t.Ret, gives
// it back with t.Free, and fetches its state anew with t.Self. A plain function with an unwind edge calls t.Caught in a
// deferred function, and puts t.Depth back.
//
// Steps bound time: one takes some 50 ns at most. The driver pays for each frame it starts, by its size, and for what
// crosses an invoke, by its encoding. Generated code pays for backward jumps (t.Take in advance, what is left goes back to
// t.Budget), for library calls by the library table (t.Spend, t.Charge), and for what Go does much of at once: moving
// large values, comparing and hashing text ([SameText], [Weighed], [Equal], [Flat]), walking over maps that were large
// ([Shrinks]). It calls t.Guard after a library call that may have called back; a method that the library can call runs
// on a thread of its own, from [Called] to t.Release, and Guard pays for it.
//
// # Codec
//
// The encoding is deterministic CBOR (RFC 8949, section 4.2.1): generated code writes a state as a map keyed by field
// names (in the order of their encodings: shorter ones first, then by bytes), everything else as arrays, with [Enc], [EncList],
// [EncMap] and [EncPtr], and reads with [Dec] and their counterparts. In a graph, what is reached by several paths is
// written once (tags 28 and 29), and slices that see one array go on doing so; what is reached once looks the same with
// and without. An interface value is [name, value]: basic types, times, the errors of the standard library and a few lists
// and maps are known, others are declared in Program.Dyn. Decoding is strict and bounded, and gives errors, never panics.
package runner
