package ir

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVerifyAcceptsTheShop(t *testing.T) {
	p := load(t, "shop.yaml")
	require.NoError(t, Verify(p))
	Complete(p)
	require.NoError(t, Verify(p))
}
