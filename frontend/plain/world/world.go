// This file keeps which entities exist and what a pointer to one refers to.

// Package world is what a rewritten user's package links with: the registry of entities, requests with rollback, sorted
// maps, the request's clock and randomness, and JSON. It is compiled into the user's own module (package plain adds its
// sources there), so it knows no type of ours but [Error], and nothing of the compiler.
//
// There is one world in a process, because the user's functions have no place to hand one through; it is used by one
// goroutine at a time.
package world

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// entityType is one registered type of entity.
type entityType struct {
	name   string // its name in the HTTP API
	pkg    string // import path
	state  reflect.Type
	intKey bool
	keyOf  func(object any) any // the user's Key method
}

// identity is what a reference means.
type identity struct {
	of  *entityType
	key string
}

func (id identity) String() string { return id.of.name + "/" + id.key }

// world holds entities by identity. A pointer that was once made for an identity (by a constructor, by Get or from JSON)
// is its canonical pointer for good, so that == on references and maps keyed by them need no help. A created entity
// moves into its canonical pointer, if there is one; only when activations of a deleted entity still run on that
// object, the new entity takes over with an object of its own.
type world struct {
	types     map[reflect.Type]*entityType // by the pointer type *T
	ids       map[any]identity             // by pointer
	keys      map[any]any                  // by pointer: what Key answers
	canonical map[identity]any
	live      map[identity]any // the entities that exist
	running   map[any]int      // activations on an object
}

var w = &world{
	types:     map[reflect.Type]*entityType{},
	ids:       map[any]identity{},
	keys:      map[any]any{},
	canonical: map[identity]any{},
	live:      map[identity]any{},
	running:   map[any]int{},
}

// Keyed are the kinds of keys.
type Keyed interface {
	~string | ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Entity registers a type of entity. Rewritten packages call it while they are initialised.
func Entity[T any, K Keyed](pkg, name string, key func(*T) K) {
	t := reflect.TypeFor[*T]()
	w.types[t] = &entityType{
		name: name, pkg: pkg, state: t.Elem(),
		intKey: reflect.TypeFor[K]().Kind() != reflect.String,
		keyOf:  func(object any) any { return key(object.(*T)) },
	}
}

// Reset forgets all entities.
func Reset() {
	clear(w.ids)
	clear(w.keys)
	clear(w.canonical)
	clear(w.live)
	clear(w.running)
}

// Local says whether a call on a pointer is an ordinary one: on nil, or on an object that is not an entity (yet).
func Local[T any](ref *T) bool {
	if ref == nil {
		return true
	}
	_, known := w.ids[ref]
	return !known
}

// Key is the key that a reference carries; the entity need not exist.
func Key[T any, K Keyed](ref *T) K { return w.keys[ref].(K) }

// Create makes an entity of what a constructor returns, unless it is nil or a reference to an entity already. The
// result is the reference to it. The state is copied if the source accepts that. It panics with *Error AlreadyExists or
// InvalidArgument.
func Create[T any](copies bool, draft *T) *T {
	if Local(draft) && draft != nil {
		if copies || current.copyAll {
			copyAll([]any{draft})
		}
		return w.create(draft).(*T)
	}
	return draft
}

func (w *world) create(draft any) any {
	of := w.types[reflect.TypeOf(draft)]
	key := of.keyOf(draft)
	id := identity{of, keyText(of, key)}
	if _, exists := w.live[id]; exists {
		panic(&Error{Code: "AlreadyExists", Message: fmt.Sprintf("%s exists already", id), Entity: id.String()})
	}
	object, known := w.canonical[id]
	if known && w.running[object] == 0 {
		reflect.ValueOf(object).Elem().Set(reflect.ValueOf(draft).Elem())
	} else {
		object = draft
		w.name(object, id, key)
	}
	w.live[id] = object
	return object
}

// name makes a pointer the canonical one of an identity.
func (w *world) name(pointer any, id identity, key any) {
	w.ids[pointer], w.keys[pointer], w.canonical[id] = id, key, pointer
}

// object finds the entity a reference names, or panics with *Error NotFound.
func (w *world) object(ref any) any {
	id := w.ids[ref]
	object, exists := w.live[id]
	if !exists {
		panic(&Error{Code: "NotFound", Message: fmt.Sprintf("%s does not exist", id), Entity: id.String()})
	}
	return object
}

// Missing panics with *Error NotFound.
func Missing(ref any) { w.object(ref) }

// Get is sfc.Get: a reference by key, without a check that the entity exists.
func Get[T any](key any) *T { return w.reference(w.types[reflect.TypeFor[*T]()], key).(*T) }

func (w *world) reference(of *entityType, key any) any {
	id := identity{of, keyText(of, key)}
	if pointer, known := w.canonical[id]; known {
		return pointer
	}
	// The key is kept as the user's Key method would return it.
	method, _ := reflect.PointerTo(of.state).MethodByName("Key")
	pointer := reflect.New(of.state).Interface()
	w.name(pointer, id, reflect.ValueOf(key).Convert(method.Type.Out(0)).Interface())
	return pointer
}

// keyText gives a key's text, or panics with *Error InvalidArgument.
func keyText(of *entityType, key any) string {
	v := reflect.ValueOf(key)
	switch {
	case v.Kind() == reflect.String && !of.intKey:
		return checkedKey(v.String())
	case v.CanInt() && of.intKey:
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint() && of.intKey:
		return strconv.FormatUint(v.Uint(), 10)
	}
	panic(&Error{Code: "InvalidArgument", Message: fmt.Sprintf("%#v cannot be the key of a %s", key, of.name)})
}

// checkedKey is a text that may be a key.
func checkedKey(key string) string {
	why := ""
	switch {
	case key == "":
		why = "key is empty"
	case len(key) > 512:
		why = fmt.Sprintf("key has %d bytes, more than 512", len(key))
	case !utf8.ValidString(key):
		why = fmt.Sprintf("key %q is not UTF-8", key)
	default:
		return key
	}
	panic(&Error{Code: "InvalidArgument", Message: why})
}

// Exists is sfc.Exists.
func Exists(ref any) bool {
	if ref == nil || reflect.ValueOf(ref).IsNil() {
		return false
	}
	_, exists := w.live[w.ids[ref]]
	return exists
}

// Delete is sfc.Delete: a missing entity panics with *Error NotFound.
func Delete(ref any) {
	w.object(ref)
	delete(w.live, w.ids[ref])
}

// Sub gives a test an empty world, or a subtest one that starts with its parent's entities. The result ends it.
func Sub(fresh bool) (end func()) {
	saved := *w
	w = &world{
		types: saved.types, ids: clone(saved.ids), keys: clone(saved.keys), canonical: clone(saved.canonical),
		live: clone(saved.live), running: map[any]int{},
	}
	if fresh {
		Reset()
	}
	return func() { w = &saved }
}

func clone[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// entities lists the entities that exist in some packages, by type and key.
func (w *world) entities(pkgs []string) map[*entityType]map[string]any {
	all := map[*entityType]map[string]any{}
	for id, object := range w.live {
		if !slices.Contains(pkgs, id.of.pkg) {
			continue
		}
		if all[id.of] == nil {
			all[id.of] = map[string]any{}
		}
		all[id.of][id.key] = object
	}
	return all
}
