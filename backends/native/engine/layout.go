// This file is the layout of the database: all keys, in one place.

package engine

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/stateful-entities/sfc/runner"
)

// Every key begins with one byte that says what it is about. Keys are compared byte by byte.
//
//	e TYPE 00 KEY   → state, as deterministic CBOR             KEY: text as it is; integers as orderedInt writes them
//	h POSITION      → entry of the history (entry.go)          POSITION: 8 bytes, big-endian, from 1, without gaps
//	m "clock"       → 8 bytes: nanoseconds since 1970 (UTC) that no request has been told a later time than
//	m "first"       → 8 bytes: position of the oldest entry that is kept
//	m "last"        → 8 bytes: position of the newest entry
//	m "program"     → the newest program that the states are of (stored.go)
//	p NUMBER        → an older program of which states may be left (stored.go)      NUMBER: 8 bytes, big-endian
//	o …             → reserved: messages to other systems that a commit has emitted
//	r ID            → 8 bytes: position of the request with this id. It stays when the entry goes, if the id is a
//	                  client's: an id that has run once never runs again
const (
	prefixEntity  = 'e'
	prefixHistory = 'h'
	prefixMeta    = 'm'
	prefixProgram = 'p'
	prefixRequest = 'r'
)

// The keys of single things.
var (
	keyClock   = []byte{prefixMeta, 'c', 'l', 'o', 'c', 'k'}
	keyFirst   = []byte{prefixMeta, 'f', 'i', 'r', 's', 't'}
	keyLast    = []byte{prefixMeta, 'l', 'a', 's', 't'}
	keyProgram = []byte{prefixMeta, 'p', 'r', 'o', 'g', 'r', 'a', 'm'}
)

// typePrefix is what the keys of all entities of a type begin with. Names of types hold no zero byte.
func typePrefix(ty string) []byte {
	k := append(make([]byte, 0, len(ty)+2), prefixEntity)
	return append(append(k, ty...), 0)
}

// typeEnd is the first key behind those of a type.
func typeEnd(ty string) []byte {
	k := typePrefix(ty)
	k[len(k)-1] = 1
	return k
}

// entityKey is where an entity's state is.
func entityKey(ty *runner.EntityType, key string) ([]byte, error) {
	return appendEntityKey(make([]byte, 0, len(ty.Name)+len(key)+11), ty, key)
}

func appendEntityKey(k []byte, ty *runner.EntityType, key string) ([]byte, error) {
	k = append(append(append(k, prefixEntity), ty.Name...), 0)
	if !ty.IntKey {
		return append(k, key...), nil
	}
	return orderedInt(k, key)
}

// orderedInt appends a canonical decimal so that the order of bytes is that of numbers: a byte for the sign, then the
// two's complement in 8 bytes, big-endian. It holds what int64 and uint64 hold.
func orderedInt(k []byte, key string) ([]byte, error) {
	if n, err := strconv.ParseInt(key, 10, 64); err == nil && n < 0 {
		return binary.BigEndian.AppendUint64(append(k, 0), uint64(n)), nil
	}
	n, err := strconv.ParseUint(key, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != key {
		return nil, fmt.Errorf("key %q is not an integer in canonical decimal form", key)
	}
	return binary.BigEndian.AppendUint64(append(k, 1), n), nil
}

// keyText is the inverse of entityKey, given what follows the type's prefix.
func keyText(ty *runner.EntityType, rest []byte) (string, error) {
	if !ty.IntKey {
		return string(rest), nil
	}
	if len(rest) != 9 || rest[0] > 1 {
		return "", fmt.Errorf("integer key of %s has the form %x", ty.Name, rest)
	}
	n := binary.BigEndian.Uint64(rest[1:])
	if rest[0] == 0 {
		return strconv.FormatInt(int64(n), 10), nil
	}
	return strconv.FormatUint(n, 10), nil
}

func historyKey(position uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), prefixHistory), position)
}

func requestKey(id string) []byte {
	return append(append(make([]byte, 0, len(id)+1), prefixRequest), id...)
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func parseNumber(key, b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%d bytes at key %q, not 8", len(b), key)
	}
	return binary.BigEndian.Uint64(b), nil
}
