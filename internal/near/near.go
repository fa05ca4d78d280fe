// This file finds the name that was meant.

// Package near offers the nearest of some names for one that is not among them.
package near

import "strings"

// Name gives the name that is nearest to what was written, letters' case aside; "" if none is near enough to be meant:
// more than half of what was written would have to change.
func Name(written string, names []string) string {
	best, least := "", len(written)/2+1
	for _, n := range names {
		if d := distance(strings.ToLower(written), strings.ToLower(n)); d < least {
			best, least = n, d
		}
	}
	return best
}

// maxLength bounds the work: names are short, what somebody sends need not be.
const maxLength = 100

// distance is the number of bytes to insert, delete, replace or swap with their neighbours to make b of a (optimal string
// alignment); the sum of the lengths for long ones.
func distance(a, b string) int {
	if len(a) > maxLength || len(b) > maxLength {
		return len(a) + len(b)
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := above[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, row[j]+1, above[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
