// This file shows the engine as a library.

package engine_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/backends/native/engine"
)

// A Go program runs entities in its own process. Program and Text stand for those of a generated package.
func Example() {
	dir, err := os.MkdirTemp("", "bank")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	bank, err := engine.Open(dir, gatewaytest.Program(), gatewaytest.Text(), engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer bank.Close()

	for _, r := range []struct{ id, function, key, body string }{
		{"open-1", "NewAccount", "", `["alice", 100]`},
		{"pay-7", "Account.Deposit", "alice", `{"amount": 5}`},
		{"pay-7", "Account.Deposit", "alice", `{"amount": 5}`}, // asked again: it takes effect once
		{"pay-8", "Account.Deposit", "alice", `[-500]`},
	} {
		request, err := bank.NewRequest(r.id, r.function, r.key, []byte(r.body))
		if err != nil {
			log.Fatal(err)
		}
		if resp := bank.Call(context.Background(), request); resp.Err != nil {
			fmt.Println(r.id, resp.Err)
		} else {
			fmt.Println(r.id, string(resp.Result))
		}
	}
	cut, err := bank.Query(context.Background(), gateway.Selection{Type: "Account"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cut.Position, string(cut.Entities[0][0].State))
	// Output:
	// open-1 "alice"
	// pay-7 null
	// pay-7 null
	// pay-8 Application: negative amount
	// 3 {"owner":"alice","Balance":105}
}
