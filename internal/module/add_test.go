// This file tests adding modules to bundles.

package module

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdd(t *testing.T) {
	m := find(t, map[string]string{"go.sum": "example.com/z v1.1.0 h1:z\nexample.com/a v1.0.0 h1:a\n", "go.mod": `module example.com/quick

go 1.99

require (
	github.com/stateful-entities/sfc v0.3.0
	example.com/z v1.1.0
	example.com/y v1.0.0
)

replace example.com/y => ../y

replace github.com/stateful-entities/sfc => ../elsewhere
`})
	bundle := `module sfc.bundle

go 1.26

require github.com/stateful-entities/sfc v0.0.0

require (
	example.com/y v1.2.0 // indirect
	example.com/z v1.0.0 // indirect
)

replace github.com/stateful-entities/sfc => /checkout
`
	mod, sum, err := Add([]byte(bundle), []byte("example.com/a v1.0.0 h1:a\n"), m)
	require.NoError(t, err)
	require.Equal(t, "example.com/a v1.0.0 h1:a\nexample.com/z v1.1.0 h1:z\n", string(sum))
	for _, part := range []string{
		"\ngo 1.99\n", "github.com/stateful-entities/sfc v0.0.0\n", "example.com/y v1.2.0", "example.com/z v1.1.0", "example.com/quick v0.0.0",
		"replace github.com/stateful-entities/sfc => /checkout\n", "example.com/quick => " + m.Dir + "\n", "example.com/y => " + filepath.Join(filepath.Dir(m.Dir), "y") + "\n",
	} {
		require.Contains(t, string(mod), part)
	}
	again, _, err := Add(mod, sum, m)
	require.NoError(t, err)
	require.Equal(t, string(mod), string(again))

	released := []byte("module sfc.bundle\n\ngo 1.26\n\nrequire github.com/stateful-entities/sfc v0.4.0\n")
	m.File.Replace = nil
	_, _, err = Add(released, nil, m)
	require.EqualError(t, err, "example.com/quick requires github.com/stateful-entities/sfc v0.3.0, this sfc is v0.4.0")
	m.Version = "v1.5.0"
	mod, _, err = Add([]byte("module sfc.bundle\n\ngo 1.26\n\nrequire github.com/stateful-entities/sfc v0.3.0\n"), nil, m)
	require.NoError(t, err)
	require.Contains(t, string(mod), "example.com/quick v1.5.0\n")
	require.NotContains(t, string(mod), "replace")
}
