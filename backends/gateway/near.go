// This file offers the near name for one that does not exist.

package gateway

import (
	"maps"
	"slices"
	"strings"
)

// didYouMean gives `: did you mean "x"?` for the name that is nearest, or the names there are if none is near, or "".
func didYouMean[V any](name string, names map[string]V) string {
	best, least := "", len(name)/2+2
	sorted := slices.Sorted(maps.Keys(names))
	for _, n := range sorted {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	switch {
	case best != "":
		return sprintf(": did you mean %q?", best)
	case len(sorted) > 0 && len(sorted) <= 12:
		return ": there are " + strings.Join(sorted, ", ")
	}
	return ""
}

// distance is the number of bytes to insert, delete or replace to make b of a (Levenshtein).
func distance(a, b string) int {
	if len(a) > 100 || len(b) > 100 { // names are short; what a client sends need not be
		return 100
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
