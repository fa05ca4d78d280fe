package near

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestName(t *testing.T) {
	names := []string{"Deposit", "Balance", "compile"}
	for written, want := range map[string]string{
		"deposit": "Deposit", "Depsit": "Deposit", "complie": "compile", "Xyz": "", "": "", "Balance": "Balance",
		strings.Repeat("Deposit", 100): "",
	} {
		require.Equal(t, want, Name(written, names), written)
	}
	require.Equal(t, "", Name("x", nil))
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		d    int
	}{{"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"abc", "abc", 0}, {"ab", "ba", 2}} {
		require.Equal(t, tc.d, distance(tc.a, tc.b))
	}
}
