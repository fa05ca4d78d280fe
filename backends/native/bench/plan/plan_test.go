// This file tests the checks of plans.

package plan

import (
	"io/fs"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultsCanBeMeasured(t *testing.T) {
	p := Default()
	p.Data = "x"
	require.NoError(t, p.Check())
	require.NoError(t, p.Quick().Check())
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for want, change := range map[string]func(*Plan){
		`workload "C"`:        func(p *Plan) { p.Workloads = []string{"A", "C"} },
		`keys "zip"`:          func(p *Plan) { p.Keys = []string{"zip"} },
		`keys "zipf1"`:        func(p *Plan) { p.Keys = []string{"zipf1"} },
		`way "udp"`:           func(p *Plan) { p.Ways = []string{"udp"} },
		`0 clients`:           func(p *Plan) { p.Clients = []int{0} },
		`4001 clients`:        func(p *Plan) { p.Clients = []int{4001} },
		`states of 3 bytes`:   func(p *Plan) { p.Sizes = []int{3} },
		`suite "all"`:         func(p *Plan) { p.Suite = "all" },
		`a list is empty`:     func(p *Plan) { p.Clients = nil },
		`1 accounts`:          func(p *Plan) { p.Accounts = 1 },
		`fields of 0 bytes`:   func(p *Plan) { p.Field = 0 },
		`at least one round`:  func(p *Plan) { p.Rounds = 0 },
		`a rate of NaN`:       func(p *Plan) { p.Rate = math.NaN() },
		`a rate is for cells`: func(p *Plan) { p.Rate = 5 },
		`no folder`:           func(p *Plan) { p.Data = "" },
	} {
		p := Default()
		p.Data = "x"
		change(&p)
		require.ErrorContains(t, p.Check(), want)
	}
}

func TestSourceIsThePackage(t *testing.T) {
	names, err := fs.Glob(Source(), "ledger/*.go")
	require.NoError(t, err)
	require.Equal(t, []string{"ledger/document.go", "ledger/ledger.go"}, names)
}
