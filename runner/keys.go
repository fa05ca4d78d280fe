// This file checks and converts keys of entities.

package runner

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// MaxKey is the length of the longest key, in bytes.
const MaxKey = 512

// Integer is any integer type.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// CheckKey gives the key back, or panics with an [*Error] of code InvalidArgument if it is empty, longer than [MaxKey]
// or not UTF-8.
func CheckKey(key string) string {
	if why := keyFault(key); why != "" {
		panic(&Error{Code: "InvalidArgument", Message: why})
	}
	return key
}

// KeyFault says why no entity of the type can have a key, or "". An entity has one key: no two are of one value.
func (ty *EntityType) KeyFault(key string) string {
	if why := keyFault(key); why != "" || !ty.IntKey {
		return why
	}
	check := ty.CheckInt
	if check == nil {
		check = CheckIntKey[int]
	}
	if err := check(key); err != nil {
		return err.Error()
	}
	return ""
}

// keyFault says what is wrong with a key of any type, or "".
func keyFault(key string) string {
	switch {
	case key == "":
		return "key is empty"
	case len(key) > MaxKey:
		return fmt.Sprintf("key has %d bytes, more than %d", len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Sprintf("key %q is not UTF-8", key)
	}
	return ""
}

// IntKey is the key of an integer: its decimal form.
func IntKey[T Integer](v T) string {
	if v < 0 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatUint(uint64(v), 10)
}

// ParseIntKey reads a key that IntKey made. Any other form, as 007 or +7, and a value out of T's range is an error.
func ParseIntKey[T Integer](key string) (T, error) {
	var v T
	if n, err := strconv.ParseInt(key, 10, 64); err == nil {
		v = T(n)
	} else if n, err := strconv.ParseUint(key, 10, 64); err == nil {
		v = T(n)
	}
	if IntKey(v) != key {
		return 0, fmt.Errorf("key %q is not the decimal form of a value of type %T", key, v)
	}
	return v, nil
}

// CheckIntKey refuses what [ParseIntKey] does.
func CheckIntKey[T Integer](key string) error {
	_, err := ParseIntKey[T](key)
	return err
}
