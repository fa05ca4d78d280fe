// This file tests that money that is made or lost is noticed.

package bench

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/backends/native/engine"
)

// bank is an engine over the gateway's test program, whose accounts have balances too.
func bank(t *testing.T, accounts int) *engine.Engine {
	e, err := engine.Open(t.TempDir(), gatewaytest.Program(), gatewaytest.Text(), engine.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	for i := range accounts {
		request(t, e, "NewAccount", "", fmt.Sprintf(`["a%03d",%d]`, i, deposit))
	}
	return e
}

func request(t *testing.T, e gateway.Executor, function, key, body string) {
	r, err := e.(interface {
		NewRequest(id, function, key string, body []byte) (gateway.Request, error)
	}).NewRequest("", function, key, []byte(body))
	require.NoError(t, err)
	require.Nil(t, e.Call(t.Context(), r).Err)
}

// twice is a broken executor: it runs deposits twice.
type twice struct{ *engine.Engine }

func (x twice) Call(ctx context.Context, r gateway.Request) gateway.Response {
	if r.Func.Name == "Account.Deposit" {
		again := r
		again.ID, again.Frame = newID(), frame(r.Func, *r.Frame.Args()[0].(*int))
		x.Engine.Call(ctx, again)
	}
	return x.Engine.Call(ctx, r)
}

func TestMoneyAddsUp(t *testing.T) {
	e := bank(t, 30)
	require.NoError(t, checkMoney(t.Context(), e, 30))
	request(t, e, "Account.Deposit", "a001", `[5]`)
	request(t, e, "Account.Deposit", "a001", `[0]`)
	var wrong *MoneyError
	require.ErrorAs(t, checkMoney(t.Context(), e, 30), &wrong)
	require.Equal(t, MoneyError{30, 30, 30*deposit + 5, 30 * deposit}, *wrong)
}

func TestMoneyMadeByABrokenExecutorIsNamed(t *testing.T) {
	good, broken := bank(t, 3), twice{bank(t, 3)}
	for _, x := range []gateway.Executor{good, broken} {
		request(t, x, "NewAccount", "", fmt.Sprintf(`["a003",%d]`, deposit-7))
		request(t, x, "Account.Deposit", "a003", `[7]`)
	}
	require.NoError(t, checkMoney(t.Context(), good, 4))
	require.EqualError(t, checkMoney(t.Context(), broken, 4),
		"money: 4 accounts hold 40007, want 4 accounts and 40000: the difference is +7")
}

func TestMissingAccountsAreNamed(t *testing.T) {
	err := checkMoney(t.Context(), bank(t, 2), 3)
	require.EqualError(t, err, "money: 2 accounts hold 20000, want 3 accounts and 30000: the difference is -10000")
}

// More accounts than a query gives at once.
func TestMoneyIsCountedPageByPage(t *testing.T) {
	q := pages{n: 2*page + 1}
	require.NoError(t, checkMoney(t.Context(), &q, q.n))
	require.Equal(t, 3, q.asked)
	q = pages{n: 2*page + 1, moving: true}
	require.ErrorContains(t, checkMoney(t.Context(), &q, q.n), "requests run while it is counted: position 1, then 2")
}

// pages answers queries out of nothing.
type pages struct {
	n, given, asked int
	moving          bool
}

func (p *pages) Query(_ context.Context, s ...gateway.Selection) (*gateway.Cut, error) {
	p.asked++
	cut := &gateway.Cut{Position: 1, Entities: make([][]gateway.Entity, 1), More: []string{""}}
	if p.moving {
		cut.Position = uint64(p.asked)
	}
	for range min(s[0].Limit, p.n-p.given) {
		p.given++
		cut.Entities[0] = append(cut.Entities[0], gateway.Entity{Key: fmt.Sprint(p.given), State: fmt.Appendf(nil, `{"balance":%d}`, deposit)})
	}
	if p.given < p.n {
		cut.More[0] = fmt.Sprint(p.given)
	}
	return cut, nil
}

// The engine tells its groups by a metric of this name.
func TestGroupsOfTheEngine(t *testing.T) {
	registry := prometheus.NewRegistry()
	_, _, err := engineGroups{registry}.groups()
	require.ErrorContains(t, err, "no metric "+groupMetric)
	e, err := engine.Open(t.TempDir(), gatewaytest.Program(), gatewaytest.Text(), engine.Options{Metrics: registry})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	for i := range 3 {
		request(t, e, "NewAccount", "", fmt.Sprintf(`["a%d",0]`, i))
	}
	commits, requests, err := engineGroups{registry}.groups()
	require.NoError(t, err)
	require.Equal(t, []float64{3, 3}, []float64{commits, requests})
}
