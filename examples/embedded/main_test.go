// This file tests that the program finds on its folder what it left there.

package main

import (
	"bytes"
	"context"
	"testing"
)

const want = `show-1: "Hamlet"
customer-1: "ada"
order-17: 40
order-18: Application: Hamlet: only 1 seats left
after request 4: {"Title":"Hamlet","Price":30,"Free":1,"Seats":{"ada":2}} {"Name":"ada","Money":40}
`

func TestRunTwice(t *testing.T) {
	folder := t.TempDir()
	for range 2 {
		var out bytes.Buffer
		if err := run(context.Background(), folder, &out); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Fatalf("got\n%swant\n%s", out.String(), want)
		}
	}
}
