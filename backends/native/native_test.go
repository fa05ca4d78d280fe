// This file tests the target's options.

package native

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOptions(t *testing.T) {
	good := map[string]string{"cache": "512", "history": "1000000", "horizon": "48h", "queue": "10"}
	require.NoError(t, checkOptions(good))
	require.NoError(t, checkOptions(nil))
	require.Len(t, Backend{}.Options(), len(good))
	for name := range good {
		require.True(t, slices.Contains(Backend{}.Options(), name), name)
		for _, value := range []string{"", "0", "-1", "-1h", "much", "99999999999999999999"} {
			require.ErrorContains(t, checkOptions(map[string]string{name: value}), "option "+name+" of target native: want ", value)
		}
	}
}
