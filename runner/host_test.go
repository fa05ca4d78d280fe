// This file tests host types of basic kinds.

package runner

import (
	"encoding/json"
	"log/slog"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type (
	hostBool    bool
	hostByte    uint8
	hostSmall   int8
	hostFloat   float64
	hostFloat32 float32
	hostComplex complex64
)

func TestHostTypesOfBasicKinds(t *testing.T) {
	p := &Program{}
	for _, v := range []any{
		time.March, time.Month(-3), time.Sunday, json.Number("12e3"), json.Number("not a number"), slog.Level(3), reflect.Kind(7),
		hostBool(true), hostBool(false), hostByte(255), hostSmall(-128), hostFloat(math.Inf(-1)), hostFloat32(0.1), hostComplex(complex(1, -2)),
	} {
		from := reflect.New(reflect.TypeOf(v))
		from.Elem().Set(reflect.ValueOf(v))
		b, err := p.Encode(false, func(e *Enc) { e.Host(from.Interface()) })
		require.NoError(t, err, "%T", v)
		to := reflect.New(reflect.TypeOf(v))
		require.NoError(t, p.Decode(b, func(d *Dec) { d.Host(to.Interface()) }), "%T", v)
		assert.Equal(t, v, to.Elem().Interface())
	}
}

func TestHostTypesRefuseWhatDoesNotFit(t *testing.T) {
	p := &Program{}
	for _, to := range []any{new(hostByte), new(hostSmall)} {
		b, err := p.Encode(false, func(e *Enc) { e.Int(256) })
		require.NoError(t, err)
		err = p.Decode(b, func(d *Dec) { d.Host(to) })
		require.ErrorContains(t, err, "256 does not fit")
	}
}
