// This file checks that no money was made or lost.

package bench

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/stateful-entities/sfc/backends/gateway"
)

// MoneyError says that the balances do not add up: transfers were not atomic, or not isolated.
type MoneyError struct {
	Accounts, WantAccounts int
	Sum, WantSum           int64
}

// Error names the difference.
func (e *MoneyError) Error() string {
	return fmt.Sprintf("money: %d accounts hold %d, want %d accounts and %d: the difference is %+d", e.Accounts, e.Sum, e.WantAccounts, e.WantSum, e.Sum-e.WantSum)
}

// querier is an engine, to be asked.
type querier interface {
	Query(ctx context.Context, selections ...gateway.Selection) (*gateway.Cut, error)
}

// page is how many accounts one query reads: all of them at once would fill the memory.
const page = 5000

// checkMoney adds up all balances while nothing runs.
func checkMoney(ctx context.Context, exec querier, accounts int) error {
	sum, count, position := int64(0), 0, uint64(0)
	for after := ""; ; {
		cut, err := exec.Query(ctx, gateway.Selection{Type: "Account", After: after, Limit: page})
		if err != nil {
			return fmt.Errorf("money: %w", err)
		}
		if count > 0 && cut.Position != position {
			return fmt.Errorf("money: requests run while it is counted: position %d, then %d", position, cut.Position)
		}
		position = cut.Position
		list := cut.Entities[0]
		for _, x := range list {
			var state struct {
				Balance *int64 `json:"balance"`
			}
			if err := json.Unmarshal(x.State, &state); err != nil || state.Balance == nil {
				return fmt.Errorf("money: account %s has no balance in its state %.100s", x.Key, x.State)
			}
			sum += *state.Balance
		}
		count += len(list)
		if after = cut.More[0]; after == "" {
			break
		}
	}
	if want := int64(accounts) * deposit; sum != want || count != accounts {
		return &MoneyError{count, accounts, sum, want}
	}
	return nil
}
