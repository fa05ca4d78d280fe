// This file has the Go compiler build a bundle.

package module

import (
	"context"
	"os"
	"os/exec"
	"strings"
)

// Build has the Go compiler build the main package in a bundle's folder, and gives what it said. Flags go to go build.
func Build(ctx context.Context, dir, exe string, flags ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-o", exe}, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+goFlags())
	return cmd.CombinedOutput()
}

// goFlags are the user's GOFLAGS without -mod: a bundle is no vendored module.
func goFlags() string {
	var kept []string
	for _, f := range strings.Fields(os.Getenv("GOFLAGS")) {
		if !strings.HasPrefix(strings.TrimLeft(f, "-"), "mod=") {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " ")
}
