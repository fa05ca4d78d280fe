// This file tests that long chains of declared types are no nesting.

package frontend

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChainsOfTypesAreNotNesting: a hundred types that lead to each other, by references and by pointers.
func TestChainsOfTypesAreNotNesting(t *testing.T) {
	var b strings.Builder
	b.WriteString("package app\n")
	const n = 100
	for i := range n {
		fmt.Fprintf(&b, "\n//sfc:entity\ntype E%d struct {\n\tid string\n\tnext *E%d\n\tpart *part%d\n}\n\n", i, (i+1)%n, i)
		fmt.Fprintf(&b, "func NewE%d(id string) *E%d { return &E%d{id: id} }\nfunc (e *E%d) Key() string { return e.id }\n", i, i, i, i)
		fmt.Fprintf(&b, "\ntype part%d struct{ more map[string][]*part%d }\n", i, (i+1)%n)
	}
	m := &testModule{dir: t.TempDir()}
	m.write(t, map[string]string{"go.mod": "module example.com/app\n\ngo 1.26\n", "app.go": b.String()})
	r, err := Compile(Options{Dir: m.dir, Pattern: "."})
	require.NoError(t, err)
	require.Len(t, r.Program.Entities, n)
}
