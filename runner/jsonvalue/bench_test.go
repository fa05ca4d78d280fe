// This file measures writing the state of an ordinary entity.

package jsonvalue

import (
	"fmt"
	"testing"
)

func BenchmarkState(b *testing.B) {
	type record struct {
		Name   string
		Fields [10]string
		N      int
		Tags   []string
		Owner  ItemRef
	}
	r := record{Name: "user4711", N: 7, Tags: []string{"a", "b"}, Owner: "pen"}
	for i := range r.Fields {
		r.Fields[i] = fmt.Sprintf("%0100d", i)
	}
	c := For(program())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.State(&r, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
