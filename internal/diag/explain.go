// This file holds the long explanation of each code.

package diag

import "embed"

//go:embed explain/*.md
var texts embed.FS

// Explain gives the explanation of a code in Markdown: what is wrong, why sfc cannot accept it, what to write instead.
func Explain(code string) (text string, ok bool) {
	b, err := texts.ReadFile("explain/" + code + ".md")
	return string(b), err == nil
}
