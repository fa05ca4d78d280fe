// This file tests that errors of the standard library keep type, text and identity.

package runner

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type refusing struct{ N int }

func (refusing) MarshalJSON() ([]byte, error) { return nil, errors.New("not me") }

// libraryErrors gives one error of each kind, as the library makes them.
func libraryErrors(t *testing.T) map[string]error {
	var (
		number struct{ A struct{ B []map[string]int } }
		typed  struct{ D []time.Duration }
		own    map[string]*refusing
	)
	_, num := strconv.ParseInt("9z", 10, 8)
	_, parse := time.Parse(time.DateOnly, "2024-13-01")
	_, duration := time.ParseDuration("3x")
	_, digit := hex.DecodeString("xy")
	_, corrupt := base64.StdEncoding.DecodeString("a$")
	_, function := json.Marshal(map[string]any{"f": func() {}})
	_, nan := json.Marshal(math.NaN())
	_, marshal := json.Marshal(refusing{})
	_, escape := url.QueryUnescape("%zz")
	_, pattern := path.Match("[", "a")
	_, expr := regexp.Compile("a(")
	list := map[string]error{
		"num": num, "parse": parse, "duration": duration, "digit": digit, "corrupt": corrupt, "nan": nan, "escape": escape, "pattern": pattern, "expr": expr,
		"syntax":  json.Unmarshal([]byte("{"), &number),
		"number":  json.Unmarshal([]byte(`{"A":{"B":[{"x":"y"}]}}`), &number),
		"list":    json.Unmarshal([]byte(`{"A":{"B":[7]}}`), &number),
		"typed":   json.Unmarshal([]byte(`{"D":["y"]}`), &typed),
		"own":     json.Unmarshal([]byte(`{"a":[]}`), &own),
		"pointer": json.Unmarshal([]byte(`1`), nil),
		"value":   json.Unmarshal([]byte(`1`), 7),
		"marshal": marshal,
	}
	require.Error(t, function) // it names a func type: no program can hold such a value
	for name, err := range list {
		require.Error(t, err, name)
	}
	return list
}

func TestLibraryErrorsKeepTypeAndText(t *testing.T) {
	p := &Program{Dyn: []*DynType{{Name: "refusing", Zero: refusing{}, Is: func(v any) bool { _, ok := v.(refusing); return ok }}}}
	for name, err := range libraryErrors(t) {
		b, fault := p.Encode(true, func(e *Enc) { e.Array(2); e.Any(err); e.Any(err) })
		require.NoError(t, fault, name)
		var first, again any
		require.NoError(t, p.Decode(b, func(d *Dec) { d.ArrayOf(2); first, again = d.Any(), d.Any() }), name)
		assert.IsType(t, err, first, name)
		assert.Equal(t, err.Error(), first.(error).Error(), name)
		assert.True(t, first == again, "%s: two pointers to one error", name)
		if name != "nan" { // its reflect.Value stays behind
			assert.Equal(t, err, first, name)
		}
	}
}

func TestPanicOfBigKeepsItsType(t *testing.T) {
	defer func() {
		caught := &Panic{Val: recover()}
		got, err := (&Program{}).copyPanic(caught)
		require.NoError(t, err)
		assert.Equal(t, caught.Val, got.Val)
		assert.IsType(t, big.ErrNaN{}, got.Val)
	}()
	new(big.Float).SetFloat64(math.NaN())
}

func TestErrorsThatNameUnknownTypesHaveNoEncoding(t *testing.T) {
	_, err := json.Marshal(func() {})
	_, fault := (&Program{}).Encode(true, func(e *Enc) { e.Any(err) })
	require.ErrorContains(t, fault, "names the type func()")
}
