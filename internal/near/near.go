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

// distance is the number of bytes to insert, delete or replace to make b of a (Levenshtein); their sum for long ones.
func distance(a, b string) int {
	if len(a) > maxLength || len(b) > maxLength {
		return len(a) + len(b)
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
