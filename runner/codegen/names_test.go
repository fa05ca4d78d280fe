// This file tests names of declarations.

package codegen

import (
	"go/token"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stateful-entities/sfc/ir"
)

// TestOwnWordsAreTakenNames: a declaration of such a name would be hidden where the word stands, but a method hides nothing.
func TestOwnWordsAreTakenNames(t *testing.T) {
	for _, w := range ownWords {
		assert.Equal(t, !token.IsExported(w), ir.TakenName(w), w)
	}
	for _, w := range append([]string{"Program", "program", "runner"}, predeclared...) {
		assert.True(t, ir.TakenName(w), w)
	}
	assert.True(t, ir.TakenName("a12") && ir.TakenName("r0") && !ir.TakenName("a1b") && !ir.TakenName("Line"))
}

func TestPickTakesThePrefixedNamesToo(t *testing.T) {
	n := newNames(nil)
	n.reserve("f_gain")
	assert.Equal(t, "gain_2", n.pick("gain", "f_", "fn_"))
	assert.Equal(t, "fn_gain_2_2", n.pick("fn_gain_2"))
}
