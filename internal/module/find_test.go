// This file tests what a build of this program says of its version.

package module

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersionOf(t *testing.T) {
	other := debug.Module{Path: "example.com/app", Version: "(devel)"}
	for name, tc := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"go install …@v1.4.0":           {debug.BuildInfo{Main: debug.Module{Path: Path, Version: "v1.4.0"}}, "v1.4.0"},
		"go install …@main":             {debug.BuildInfo{Main: debug.Module{Path: Path, Version: "v1.4.1-0.20261125150000-0123456789ab"}}, "v1.4.1-0.20261125150000-0123456789ab"},
		"go build without git":          {debug.BuildInfo{Main: debug.Module{Path: Path, Version: "(devel)"}}, ""},
		"go build of a changed tree":    {debug.BuildInfo{Main: debug.Module{Path: Path, Version: "v1.4.1-0.20261125150000-0123456789ab+dirty"}}, ""},
		"go tool sfc":                   {debug.BuildInfo{Main: other, Deps: []*debug.Module{{Path: "a", Version: "v1.0.0"}, {Path: Path, Version: "v1.3.0"}}}, "v1.3.0"},
		"go tool sfc, replaced":         {debug.BuildInfo{Main: other, Deps: []*debug.Module{{Path: Path, Version: "v1.3.0", Replace: &debug.Module{Path: "../sfc"}}}}, ""},
		"another program that links us": {debug.BuildInfo{Main: other}, ""},
	} {
		require.Equal(t, tc.want, versionOf(&tc.info), name)
	}
}
