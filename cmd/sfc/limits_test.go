// This file keeps what docs/language.md says of limits in step with the runner.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/runner"
)

func TestLimitsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "language.md"))
	require.NoError(t, err)
	defaults := reflect.ValueOf(module.Limits(runner.DefaultLimits()))
	for i := range defaults.NumField() {
		name := defaults.Type().Field(i).Tag.Get("yaml")
		require.Contains(t, string(page), fmt.Sprintf("\n| `%s` | %d | ", name, defaults.Field(i).Int()))
	}
}
