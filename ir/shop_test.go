// This file reads the shop program that was written by hand, and helps the other tests to read programs.

package ir

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// load reads a program from testdata.
func load(t *testing.T, file string) *Program {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	p, err := Decode(data, file)
	require.NoError(t, err)
	return p
}

// read reads a program from a text in the test.
func read(t *testing.T, text string) *Program {
	t.Helper()
	p, err := Decode([]byte(text), "test.yaml")
	require.NoError(t, err)
	return p
}

// golden compares text with a file in testdata, or writes the file.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile("testdata/"+file, got, 0o644))
	}
	want, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "run go test with -update if the change is meant")
}

func TestShopIsWrittenAsItIsRead(t *testing.T) {
	p := load(t, "shop.yaml")
	text, err := Encode(p, YAML)
	require.NoError(t, err)
	golden(t, "shop.yaml", text)

	back, err := Decode(text, "again.yaml")
	require.NoError(t, err)
	again, err := Encode(back, YAML)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again))
}
