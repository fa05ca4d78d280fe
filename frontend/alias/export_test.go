// This file lets tests see how much work an analysis takes.

package alias

import "github.com/stateful-entities/sfc/ir"

// Limits of the two attempts, in units of work.
const (
	PreciseWork = preciseWork
	CoarseWork  = coarseWork
)

// Checked is Check, with the units of work that it took.
func Checked(p *ir.Program) ([]Finding, int) {
	r := Check(p)
	return r.Findings, r.units
}
