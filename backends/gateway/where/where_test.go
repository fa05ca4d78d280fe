// This file tests filters over states of a struct with every kind of field; what is wanted is worked out by hand.

package where

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
	"github.com/stateful-entities/sfc/runner/jsonvalue"
)

type itemRef string

var itemType = &runner.EntityType{Name: "Item", IntKey: false}
var shelfType = &runner.EntityType{Name: "Shelf", IntKey: true}

func (itemRef) EntityType() *runner.EntityType { return itemType }
func (r itemRef) RefKey() string               { return string(r) }

type shelfRef string

func (shelfRef) EntityType() *runner.EntityType { return shelfType }
func (r shelfRef) RefKey() string               { return string(r) }

type line struct {
	Item  itemRef
	count int
	Price float64
}

type node struct {
	Name string
	Next *node
}

type temperature float64

func (c temperature) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"celsius":%g}`, float64(c)), nil
}

type color uint8

func (c color) MarshalText() ([]byte, error) { return []byte([]string{"red", "green"}[c]), nil }

type Base struct{ Version int }

type everything struct {
	Base
	name     string
	Balance  int
	small    int8
	Count    uint
	big      uint64
	Price    float64
	Rate     float32
	Open     bool
	Created  time.Time
	Wait     time.Duration
	Item     itemRef
	Shelf    shelfRef
	Tags     []string
	Sizes    []uint8
	Levels   []uint
	Grid     [2][2]int
	Lines    []line
	First    *line
	Limit    *int
	Stock    map[string]int
	ByNumber map[int]string
	ByID     map[uint32]bool
	ByItem   map[itemRef]int
	Flags    map[bool]int
	Any      any
	Err      error
	Temp     temperature
	Color    color
	List     *node
	Unit     int    `json:"unit-price"`
	Hidden   int    `json:"-"`
	Short    string `json:"short,omitempty"`
	Quoted   int    `json:",string"`
	size     int
	in       int
}

var thing = &runner.EntityType{Name: "Thing", New: func() any { return new(everything) }}

func sample() *everything {
	three := 3
	ring := &node{Name: "a"}
	ring.Next = &node{Name: "b", Next: ring}
	return &everything{
		Base: Base{7}, name: "älice", Balance: -5, small: -8, Count: 3, big: math.MaxUint64, Price: 2.5, Rate: 0.5, Open: true,
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Wait: time.Second, Item: "pen", Shelf: "12",
		Tags: []string{"x", "y"}, Sizes: []byte("abc"), Levels: []uint{1, 2}, Grid: [2][2]int{{1, 2}, {3, 4}},
		Lines: []line{{"pen", 2, 1.5}, {"ink", 0, math.NaN()}}, First: &line{"pen", 9, 0}, Limit: &three,
		Stock: map[string]int{"pen": 4}, ByNumber: map[int]string{-7: "seven"}, ByID: map[uint32]bool{4: true},
		ByItem: map[itemRef]int{"pen": 1}, Flags: map[bool]int{true: 1}, Any: map[string]any{"deep": []any{1, 2.5, "z"}},
		Err: fmt.Errorf("broken"), Temp: 20.5, Color: 1, List: ring, Unit: 12, Hidden: 1, Quoted: 5, size: 6, in: 1,
	}
}

var codec = jsonvalue.For(&runner.Program{})

func shown(t testing.TB, v *everything) []byte {
	text, err := codec.State(v, 1<<20)
	require.NoError(t, err)
	return text
}

func match(t testing.TB, text string, v *everything) string {
	f, fail := Compile(codec, thing, text)
	if fail != nil {
		require.Equal(t, "InvalidArgument", fail.Code)
		return fail.Message
	}
	ok, cost, fail := f.Match("Thing/1", shown(t, v))
	if fail != nil {
		require.Equal(t, "InvalidArgument", fail.Code)
		return fail.Message
	}
	require.LessOrEqual(t, cost, uint64(MaxCost))
	return fmt.Sprint(ok)
}

func TestMatch(t *testing.T) {
	full, empty := sample(), &everything{}
	for _, tc := range []struct{ text, full, empty string }{
		{`Balance < 0`, "true", "false"},
		{`Balance == -5 && small == -8`, "true", "false"},
		{`Version == 7`, "true", "false"},
		{`name == "älice"`, "true", "false"},
		{`name.startsWith("ä") && name.size() == 5`, "true", "false"},
		{`Count > 2`, "true", "false"},
		{`Count == 3`, "true", "false"},
		{`3 == Count`, "true", "false"},
		{`Count in [1, 3]`, "true", "false"},
		{`Count * 2 + 1 == 7`, "true", "false"},
		{`big == 18446744073709551615u`, "true", "false"},
		{`big > 9223372036854775807`, "true", "false"},
		{`Price == 2.5`, "true", "false"},
		{`Price > 2 && Price < 3`, "true", "false"},
		{`Price * 2 == 5`, "true", "false"},
		{`Rate != 0`, "true", "false"},
		{`Open`, "true", "false"},
		{`!Open`, "false", "true"},
		{`Created < timestamp("2026-01-02T03:04:05.000000007Z")`, "true", "true"},
		{`Created > timestamp("2026-01-02T03:04:05.000000005Z")`, "true", "false"},
		{`Created.getFullYear() == 2026`, "true", "false"},
		{`Wait == 1000000000`, "true", "false"},
		{`Item == "pen"`, "true", "false"},
		{`Item == null`, "false", "true"},
		{`Shelf == 12`, "true", "false"},
		{`Shelf != null && Shelf > 11`, "true", "false"},
		{`size(Tags) == 2 && "y" in Tags`, "true", "false"},
		{`Tags.size() == 0`, "false", "true"},
		{`Sizes == "YWJj"`, "true", "false"},
		{`Levels.exists(l, l == 2)`, "true", "false"},
		{`Grid[1][0] == 3`, "true", "false"},
		{`Lines.exists(l, l.Item == "pen" && l.count >= 2)`, "true", "false"},
		{`Lines.all(l, l.Price >= 0.0)`, "false", "true"}, // NaN is not
		{`First.count == 9`, "true", `where "First.count == 9": Thing/1: null has no field "count"`},
		{`First != null && First.count == 9`, "true", "false"},
		{`has(First.count)`, "true", "false"},
		{`Limit == 3`, "true", "false"},
		{`Limit == null`, "false", "true"},
		{`Limit > 2`, "true", `where "Limit > 2": Thing/1: > does not take what it is given here: is it null?`},
		{`Stock["pen"] == 4`, "true", `where "Stock[\"pen\"] == 4": Thing/1: no such key: pen`},
		{`"pen" in Stock && Stock.pen > 3`, "true", "false"},
		{`Stock.exists(k, Stock[k] == 4)`, "true", "false"},
		{`ByNumber[-7] == "seven"`, "true", `where "ByNumber[-7] == \"seven\"": Thing/1: no such key: -7`},
		{`4 in ByID && ByID[4]`, "true", "false"},
		{`"pen" in ByItem`, "true", "false"},
		{`Flags == [[true, 1]]`, "true", "false"},
		{`Any != null && Any.deep[1] > 2 && Any.deep[2] == "z"`, "true", "false"},
		{`Err == "broken"`, "true", "false"},
		{`Temp.celsius > 20`, "true", "false"},
		{`Color == "green"`, "true", "false"},
		{`List != null && List.Next.Name == "b"`, "true", "false"},
		{"state.`unit-price` == 12", "true", "false"},
		{`short == ""`, "true", "true"},
		{`Quoted == "5"`, "true", "false"},
		{`size == 6`, "true", "false"},
		{`size == 6 && size(name) == 5`, "true", "false"},
		{"state.`in` == 1", "true", "false"},
		{`state.Balance == Balance`, "true", "true"},
		{`1 / (Balance + 5) > 0`, `where "1 / (Balance + 5) > 0": Thing/1: division by zero`, "false"},
		{`true`, "true", "true"},
	} {
		require.Equal(t, tc.full, match(t, tc.text, full), tc.text)
		require.Equal(t, tc.empty, match(t, tc.text, empty), tc.text)
	}
	require.Contains(t, match(t, `List.Next.Next.Name == "a"`, full), "Thing/1: it follows a pointer back")
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		`Balanc > 10`:                     `where "Balanc > 10": column 1: unknown field "Balanc": did you mean "Balance"?`,
		`Hidden > 10`:                     `unknown field "Hidden"`,
		`Lines.exists(l, l.Cont > 1)`:     `where.line has no field "Cont": did you mean "count"?`,
		`state.balance > 1`:               `Thing has no field "balance": did you mean "Balance"?`,
		`Balance`:                         `it gives an int, not true or false`,
		`name + "x"`:                      `it gives a string, not true or false`,
		`Any`:                             `it gives a map, not true or false`,
		``:                                `where "": `,
		`Balance >`:                       `column 10: `,
		`Balance = 10`:                    `column 9: `,
		`Balance == "x"`:                  `column 9: == does not take (int, string)`,
		`name > 5`:                        `> does not take (string, int)`,
		`Price == "x"`:                    `== does not take (double, string)`,
		`foo(Balance)`:                    `undeclared reference to 'foo'`,
		`name.matches("(a{1000}){1000}")`: `where`,
		strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200): `where`,
		strings.Repeat("Open && ", 600) + "true":                  `it has 4804 bytes, more than 4096`,
		`[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d,` +
			`[1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, a+b+c+d+e+f > Balance))))))`: `Thing/1: it does more work than one entity may take`,
	} {
		require.Contains(t, match(t, text, sample()), want, text)
	}
}

// TestFilterIsShared runs one filter on many goroutines.
func TestFilterIsShared(t *testing.T) {
	f, fail := Compile(codec, thing, `Lines.exists(l, l.Item == "pen") && Stock.pen == 4`)
	require.Nil(t, fail)
	state := shown(t, sample())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if ok, _, fail := f.Match("Thing/1", state); !ok || fail != nil {
					t.Errorf("%v %v", ok, fail)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzFilter checks that no text and no state makes a filter panic.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{`Balance > 10`, `Lines.exists(l, l.Item == "pen")`, `Any.x[1]`, "state.`in`", `List.Next.Next == List`} {
		f.Add(s, `{"Balance":1,"Lines":null,"List":{"$cycle":1}}`)
	}
	f.Fuzz(func(t *testing.T, text, state string) {
		filter, fail := Compile(codec, thing, text)
		if fail == nil {
			filter.Match("Thing/1", []byte(state))
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	f, fail := Compile(codec, thing, `Balance > 10`)
	require.Nil(b, fail)
	state := shown(b, sample())
	for b.Loop() {
		f.Match("Thing/1", state)
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		Compile(codec, thing, `Balance > 10`)
	}
}
