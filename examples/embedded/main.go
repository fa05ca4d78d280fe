// This file is a Go program that keeps its data in entities: it opens the engine on a folder and asks it.

// Command embedded sells tickets in its own process, without a server: the folder on its command line is its database.
// Run it again on the same folder, or after killing it: what was answered is there, and nothing happens twice.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/native/engine"

	"example.com/embedded/ticketsdb"
)

//go:generate go tool sfc compile --target=native --library -o ticketsdb ./tickets

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: embedded FOLDER")
	}
	if err := run(context.Background(), os.Args[1], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, folder string, out io.Writer) error {
	db, err := ticketsdb.Open(folder, engine.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	sale := office{db, out}
	// A request's id is what makes it happen once, however often it is asked.
	sale.do(ctx, "show-1", "NewShow", "", "Hamlet", 30, 3)
	sale.do(ctx, "customer-1", "NewCustomer", "", "ada", 100)
	sale.do(ctx, "order-17", "Customer.Book", "ada", "Hamlet", 2)
	sale.do(ctx, "order-18", "Customer.Book", "ada", "Hamlet", 2)

	cut, err := db.Query(ctx, gateway.Selection{Type: "Show", Where: "Free < 5"}, gateway.Selection{Type: "Customer", Key: "ada"})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "after request %d: %s %s\n", cut.Position, cut.Entities[0][0].State, cut.Entities[1][0].State)
	return nil
}

// office sells what a database keeps.
type office struct {
	db  *engine.Engine
	out io.Writer
}

// do asks for one request and prints the answer.
func (o office) do(ctx context.Context, id, function, key string, arguments ...any) {
	body, err := json.Marshal(arguments)
	if err != nil {
		log.Fatal(err) // texts and numbers
	}
	request, err := o.db.NewRequest(id, function, key, body)
	if err != nil {
		fmt.Fprintf(o.out, "%s: %v\n", id, err)
		return
	}
	resp := o.db.Call(ctx, request)
	if resp.Err != nil {
		fmt.Fprintf(o.out, "%s: %v\n", id, resp.Err)
		return
	}
	fmt.Fprintf(o.out, "%s: %s\n", id, resp.Result)
}
