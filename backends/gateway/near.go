// This file offers the near name for one that does not exist.

package gateway

import (
	"maps"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/internal/near"
)

// maxListed is how many names an error lists when none is near.
const maxListed = 12

// didYouMean gives `: did you mean "x"?` for the name that is nearest, or the names there are if none is near, or "".
func didYouMean[V any](name string, names map[string]V) string {
	sorted := slices.Sorted(maps.Keys(names))
	if best := near.Name(name, sorted); best != "" {
		return sprintf(": did you mean %q?", best)
	}
	if len(sorted) > 0 && len(sorted) <= maxListed {
		return ": there are " + strings.Join(sorted, ", ")
	}
	return ""
}
