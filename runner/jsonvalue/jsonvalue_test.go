// This file tests writing and reading against encoding/json, and the rules that go beyond it.

package jsonvalue

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/runner"
)

var (
	itemType  = &runner.EntityType{Name: "Item"}
	orderType = &runner.EntityType{Name: "Order", IntKey: true}
)

type ItemRef string

func (ItemRef) EntityType() *runner.EntityType { return itemType }
func (r ItemRef) RefKey() string               { return string(r) }
func (ItemRef) Area() float64                  { return 0 }

type OrderRef string

func (OrderRef) EntityType() *runner.EntityType { return orderType }
func (r OrderRef) RefKey() string               { return string(r) }

type Shape interface{ Area() float64 }
type Circle struct{ R float64 }

func (c Circle) Area() float64 { return c.R }

type Square struct{ Side int }

func (s *Square) Area() float64 { return float64(s.Side) }

type Level int

func (l Level) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "level-%d", int(l)), nil }
func (l *Level) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "level-%d", (*int)(l))
	return err
}

type Both struct{ N int }

func (b *Both) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, `{ "both" : %d }`, b.N), nil }

type Base struct {
	ID   int
	Name string `json:"name"`
}
type other struct {
	Name string
	Note string
}
type Tagged struct {
	Base
	*other
	Omitted  string         `json:",omitempty"`
	Zero     time.Time      `json:",omitzero"`
	Empty    []int          `json:"empty,omitempty"`
	Hidden   int            `json:"-"`
	Dash     int            `json:"-,"`
	Quoted   int64          `json:"q,string"`
	QuotedS  string         `json:"qs,string"`
	QuotedP  *float64       `json:",string"`
	Odd      int            `json:"a\"b"`
	Map      map[string]int `json:"map"`
	private  int
	Embedded struct{ A, B int }
}
type Deep struct {
	First  Tagged
	Second *Tagged
	List   []Tagged
}
type clash1 struct{ X, Y int }
type clash2 struct{ X, Z int }
type Clash struct {
	clash1
	clash2
}
type Prefers struct {
	A int `json:"n"`
	N int `json:"N"`
	B int `json:"b"`
	clash1
	X string `json:"Y"`
}

func program() *runner.Program {
	return &runner.Program{
		Types: []*runner.EntityType{itemType, orderType},
		Dyn: []*runner.DynType{
			{Name: "Circle", Zero: Circle{}}, {Name: "ptr Square", Zero: (*Square)(nil)},
			{Name: "ref Item", Zero: ItemRef("")}, {Name: "list int", Zero: []int(nil)},
		},
	}
}

// ordinary are values for which encoding/json has a form.
func ordinary() []any {
	half := 0.5
	return []any{
		true, 0, -7, int8(-128), int64(math.MinInt64), uint64(math.MaxUint64), uint8(200), 1.5, float32(0.1), 1e21, 1e-7,
		123456789.0, float32(1e21), "", "plain", "quote\" back\\ line\n tab\t nul\x00 del\x7f", "<&>", "é\u2028 \xff bad",
		[]int(nil), []int{}, []int{1, 2}, []byte(nil), []byte{}, []byte("hello"), [3]int{1, 2, 3}, [2]byte{1, 2},
		[][]string{{"a"}, nil, {}}, map[string]int(nil), map[string]int{}, map[string]int{"b": 1, "a": 2, "": 3},
		map[int]string{10: "x", 9: "y", -1: "z"}, map[uint8]bool{3: true}, map[Level]int{2: 1, 1: 2},
		time.Date(2024, 2, 29, 1, 2, 3, 400, time.UTC), 90 * time.Second, Level(3), []Level{1, 2}, big.NewInt(77),
		(*int)(nil), &half, Base{1, "x"}, &Base{1, "x"}, Clash{clash1{1, 2}, clash2{3, 4}}, Prefers{A: 1, N: 2, X: "s"},
		Tagged{}, Tagged{Base: Base{7, "n"}, Omitted: "o", Empty: []int{1}, Hidden: 1, Dash: 2, Quoted: 5, QuotedS: "a\"b", QuotedP: &half, private: 9},
		Tagged{other: &other{"inner", "note"}, Zero: time.Unix(0, 0).UTC(), Map: map[string]int{"z": 1}},
		Deep{List: []Tagged{{}, {Quoted: 1}}, Second: &Tagged{}},
		Both{1}, &Both{2}, []Both{{3}}, map[string]Both{"x": {4}}, struct{ B Both }{Both{5}}, &struct{ B Both }{Both{6}},
		[]any{1, "x", nil, 2.5, []int{1}, map[string]any{"a": Circle{2}}}, struct{ S Shape }{Circle{1}}, struct{}{}, [0]int{},
		struct{ A, b int }{1, 2}, []*Base{nil, {2, "y"}}, map[string]*Base{"a": nil}, json.RawMessage(`{"a" : 1}`),
	}
}

// standard is what encoding/json writes, without its escapes for HTML.
func standard(t *testing.T, v any) string {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	require.NoError(t, w.Encode(v))
	return strings.TrimSuffix(b.String(), "\n")
}

func TestResultIsWhatEncodingJSONWrites(t *testing.T) {
	c := For(program())
	for _, v := range ordinary() {
		got, err := c.Result(v, 1<<20)
		require.NoError(t, err, "%T %v", v, v)
		require.Equal(t, standard(t, v), string(got), "%T", v)
	}
}

func TestReadingBackGivesTheValue(t *testing.T) {
	c := For(program())
	for _, v := range ordinary() {
		if strings.Contains(fmt.Sprintf("%T", v), "Both") { // writes itself, cannot read itself
			continue
		}
		text := standard(t, v)
		want := reflect.New(reflect.TypeOf(v))
		if err := json.Unmarshal([]byte(text), want.Interface()); err != nil {
			continue // unexported embedded pointers, interfaces
		}
		got := reflect.New(reflect.TypeOf(v))
		err := c.Decode([]byte(text), "v", got.Interface())
		if strings.Contains(text, `{"a":{"R":2}}`) { // bare numbers and objects in `any` do not say their type
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, "%T %s", v, text)
		require.Equal(t, want.Interface(), got.Interface(), "%s", text)
	}
}

type secret struct {
	n    int
	tags map[string]inner
	next *secret
}
type inner struct {
	a   int
	B   []hidden
	at  time.Time
	ref ItemRef
	any any
}
type hidden struct{ x, Y int }

func TestStateShowsWhatResultHides(t *testing.T) {
	c := For(program())
	v := &secret{n: 1, tags: map[string]inner{"k": {a: 2, B: []hidden{{3, 4}}, at: time.Unix(0, 0).UTC(), ref: "pen", any: hidden{5, 6}}}}
	state, err := c.State(v, 1<<20)
	require.NoError(t, err)
	require.Equal(t, `{"n":1,"tags":{"k":{"a":2,"B":[{"x":3,"Y":4}],"at":"1970-01-01T00:00:00Z","ref":"pen","any":{"x":5,"Y":6}}},"next":null}`, string(state))
	result, err := c.Result(v, 1<<20)
	require.NoError(t, err)
	require.Equal(t, `{}`, string(result))
	result, err = c.Result([]any{inner{B: []hidden{{3, 4}}}}, 1<<20)
	require.NoError(t, err)
	require.Equal(t, `[{"B":[{"Y":4}]}]`, string(result))
}

type node struct {
	Name string
	Next *node
	Kids []*node
	More map[string]*node
}

func TestFormsBeyondEncodingJSON(t *testing.T) {
	self := &node{Name: "a"}
	self.Next = self
	ring := &node{Name: "b", Kids: []*node{nil}}
	ring.Kids[0] = &node{Name: "c", More: map[string]*node{"up": ring}}
	loop := []any{1, nil}
	loop[1] = loop
	shared := &node{Name: "s"}
	for _, tc := range []struct {
		v    any
		want string
	}{
		{ItemRef("pen"), `"pen"`}, {ItemRef(""), `null`}, {OrderRef("42"), `42`}, {OrderRef(""), `null`},
		{[]OrderRef{"1", "", "2"}, `[1,null,2]`}, {map[ItemRef]int{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		{map[OrderRef]ItemRef{"2": "x"}, `{"2":"x"}`}, {struct{ S Shape }{ItemRef("pen")}, `{"S":"pen"}`},
		{struct {
			I ItemRef `json:",omitempty"`
		}{}, `{}`},
		{math.NaN(), `"NaN"`}, {math.Inf(1), `"+Inf"`}, {float32(math.Inf(-1)), `"-Inf"`},
		{map[float64]int{2: 1, 10: 2, math.NaN(): 3, -1: 4}, `[["NaN",3],[-1,4],[2,1],[10,2]]`},
		{map[bool]string{true: "t", false: "f"}, `[[false,"f"],[true,"t"]]`},
		{map[[2]int]bool{{2, 1}: true, {1, 9}: false}, `[[[1,9],false],[[2,1],true]]`},
		{map[Base]int{{2, "x"}: 1}, `[[{"ID":2,"name":"x"},1]]`},
		{map[any]int{"a": 1, 2: 3}, `[["a",1],[2,3]]`},
		{struct{ Err error }{errors.New("no <money>")}, `{"Err":"no <money>"}`}, {struct{ Err error }{}, `{"Err":null}`},
		{[]any{fmt.Errorf("why: %w", errors.New("because"))}, `["why: because"]`},
		{self, `{"Name":"a","Next":{"$cycle":1},"Kids":null,"More":null}`},
		{ring, `{"Name":"b","Next":null,"Kids":[{"Name":"c","Next":null,"Kids":null,"More":{"up":{"$cycle":4}}}],"More":null}`},
		{loop, `[1,{"$cycle":1}]`},
		{[]*node{shared, shared}, `[{"Name":"s","Next":null,"Kids":null,"More":null},{"Name":"s","Next":null,"Kids":null,"More":null}]`},
	} {
		got, err := For(program()).Result(tc.v, 1<<20)
		require.NoError(t, err, "%T", tc.v)
		require.Equal(t, tc.want, string(got))
	}
}

type fails struct{}

func (fails) MarshalJSON() ([]byte, error) { panic("no form") }

func TestWritingFails(t *testing.T) {
	doubling := []any{1}
	for range 60 { // 2^60 elements if written out
		doubling = []any{doubling, doubling}
	}
	long := &node{}
	for range MaxDepth + 10 {
		long = &node{Next: long}
	}
	var chain any // no arrays and objects at all
	for range 1_000_000 {
		next := chain
		chain = &next
	}
	for _, tc := range []struct {
		v       any
		want    string
		tooLong bool
	}{
		{doubling, "passes 1000000 bytes", true}, {long, "deeper than 10000", true}, {strings.Repeat("x", 1_000_001), "passes", true},
		{chain, "deeper than 60000", true}, {fails{}, "no form", false}, {[]any{func() {}}, "no form for a value of type func()", false},
		{[]any{complex(1, 2)}, "no form", false},
	} {
		_, err := For(program()).Result(tc.v, 1_000_000)
		require.ErrorContains(t, err, tc.want)
		var failed *Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, tc.tooLong, failed.TooLong)
	}
}

// endless runs out of steps, both ways; it is what generated methods do.
type endless struct{}

func (endless) MarshalJSON() ([]byte, error) { return nil, spend() }
func (*endless) UnmarshalJSON([]byte) error  { return spend() }

func spend() error {
	t := runner.Callback()
	for {
		t.Spend(1)
	}
}

func TestStopsOfMarshallersStayWhereTheyAre(t *testing.T) {
	_, err := For(program()).Result([]endless{{}}, 1000)
	var failed *Error
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.TooLong)
	require.ErrorContains(t, err, "steps")
	require.ErrorContains(t, For(program()).Decode([]byte(`[1]`), "list", new([]endless)), "steps")
	_, stopped := runner.TakeStop()
	require.False(t, stopped, "the next request on this goroutine would meet it")
}

type embeds struct {
	time.Time
	n int
}

func TestStateIsAnObjectOfItsFields(t *testing.T) {
	state, err := For(program()).State(&embeds{time.Unix(0, 0).UTC(), 1}, 1000)
	require.NoError(t, err)
	require.Equal(t, `{"wall":0,"ext":62135596800,"loc":null,"n":1}`, string(state))
}

func TestReading(t *testing.T) {
	for _, tc := range []struct {
		text string
		want any
	}{
		{`"9007199254740993"`, 9007199254740993}, {`-5`, int8(-5)}, {`"18446744073709551615"`, uint64(math.MaxUint64)},
		{`"NaN"`, "NaN"}, {`"+Inf"`, math.Inf(1)}, {`"-Inf"`, float32(math.Inf(-1))}, {`1e2`, 100.0},
		{`"pen"`, ItemRef("pen")}, {`null`, ItemRef("")}, {`42`, OrderRef("42")}, {`"-42"`, OrderRef("-42")},
		{`{"pen":1}`, map[ItemRef]int{"pen": 1}}, {`{"7":"x"}`, map[OrderRef]ItemRef{"7": "x"}},
		{`[[1.5,"a"],[-2,"b"]]`, map[float64]string{1.5: "a", -2: "b"}}, {`[[[1,2],true]]`, map[[2]int]bool{{1, 2}: true}},
		{`"aGk="`, []byte("hi")}, {` { "ID" : 1 , "name" : "x" } `, Base{1, "x"}}, {`{}`, Base{}},
	} {
		got := reflect.New(reflect.TypeOf(tc.want))
		require.NoError(t, For(program()).Decode([]byte(tc.text), "x", got.Interface()), tc.text)
		require.Equal(t, tc.want, got.Elem().Interface(), tc.text)
	}
}

func TestReadingInterfaces(t *testing.T) {
	c := For(program())
	var s Shape
	for text, want := range map[string]Shape{
		`{"$type":"Circle","$value":{"R":2}}`: Circle{2}, `{"$type":"ptr Square","$value":{"Side":3}}`: &Square{3},
		`{"$type":"Square","$value":{"Side":4}}`: &Square{4}, `{"$type":"*Square","$value":{"Side":5}}`: &Square{5},
		`{"$type":"Item","$value":"pen"}`: ItemRef("pen"), `{"$type":"ref Item","$value":"pen"}`: ItemRef("pen"), `null`: nil,
	} {
		require.NoError(t, c.Decode([]byte(text), "s", &s), text)
		require.Equal(t, want, s)
	}
	var x any
	for text, want := range map[string]any{
		`{"$type":"u8","$value":7}`: uint8(7), `{"$type":"uint8","$value":8}`: uint8(8), `{"$type":"Circle","$value":{"R":1}}`: Circle{1}, `{"$type":"list int","$value":[1]}`: []int{1}, `"a"`: "a", `true`: true,
		`{"$type":"time","$value":"2024-01-02T03:04:05Z"}`: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
	} {
		require.NoError(t, c.Decode([]byte(text), "x", &x), text)
		require.Equal(t, want, x)
	}
	var err error
	require.NoError(t, c.Decode([]byte(`"no money"`), "err", &err))
	require.EqualError(t, err, "no money")
}

func TestReadingRefuses(t *testing.T) {
	for _, tc := range []struct {
		text string
		into any
		want string
	}{
		{`"x"`, new(int), `n: want an integer, got "x"`}, {`1.0`, new(int), `want an integer, got 1.0`}, {`1e3`, new(int), `want an integer`},
		{`"007"`, new(int), `want an integer`}, {`"+5"`, new(int), `want an integer`}, {`""`, new(int), `want an integer`},
		{`128`, new(int8), `n: 128 is out of range for int8`}, {`-1`, new(uint), `out of range for uint`}, {`9223372036854775808`, new(int), `out of range`},
		{`null`, new(int), `want an integer, got null`}, {`null`, new(string), `want a string, got null`}, {`null`, new(Base), `want an object, got null`},
		{`1`, new(string), `want a string, got 1`}, {`"true"`, new(bool), `want true or false, got "true"`}, {`"1"`, new(float64), `want a number, got "1"`},
		{`1e400`, new(float64), `out of range for a float64`}, {`1e40`, new(float32), `out of range for a float32`},
		{`[1,2]`, new([3]int), `want 3 elements, got 2`}, {`[1,2,3,4]`, new([3]int), `want 3 elements, got 4`}, {`{}`, new([]int), `want an array, got an object`},
		{`[1,"x"]`, new([]int), `n[1]: want an integer`}, {`{"id":1}`, new(Base), `unknown field "id" (want ID, name)`}, {`{"NAME":""}`, new(Base), `unknown field "NAME"`},
		{`{"ID":1,"ID":2}`, new(Base), `field "ID" is given twice`}, {`{"List":[{},{"ID":"x"}]}`, new(Deep), `n.List[1].ID: want an integer`},
		{`{"a":1,"a":2}`, new(map[string]int), `given twice`}, {`{"x":1}`, new(map[int]int), `want an integer`}, {`{"a":"b"}`, new(map[string]int), `n["a"]: want an integer`},
		{`1 2`, new(int), `invalid JSON`}, {``, new(int), `invalid JSON`}, {`{`, new(Base), `invalid JSON`}, {"\"\xff\"", new(string), `not valid UTF-8`},
		{`"a"`, new([]byte), `want bytes in base64`}, {`""`, new(ItemRef), `Item: key is empty`}, {`7`, new(ItemRef), `want the key of Item, a string`},
		{`"` + strings.Repeat("x", 513) + `"`, new(ItemRef), `Item: key has 513 bytes, more than 512`}, {`"007"`, new(OrderRef), `Order: key "007" is not the decimal form of a value of type int`}, {`1.5`, new(OrderRef), `key "1.5" is not`},
		{`9223372036854775808`, new(OrderRef), `is not the decimal form`}, {`-0`, new(OrderRef), `is not the decimal form`}, {`true`, new(OrderRef), `want the key of Order, an integer, got true`}, {`7`, new(any), `want {"$type": name, "$value": value}, got 7`}, {`{"a":1}`, new(any), `"$type" first`},
		{`{"$type":"Nope","$value":1}`, new(any), `names no type of the program: "Nope"`}, {`{"$type":"int","$value":1}`, new(Shape), `int does not fit here`},
		{`{"$type":"int","$value":1,"x":2}`, new(any), `unknown field "x"`}, {`{"$type":"int"}`, new(any), `want {"$type"`}, {`"x"`, new(Shape), `want {"$type"`},
		{`[[1,2,3]]`, new(map[float64]int), `want [key, value]`}, {`[[1]]`, new(map[float64]int), `want [key, value]`}, {`[[1,2],[1,3]]`, new(map[float64]int), `given twice`},
		{`[[{"$type":"list int","$value":[]},1]]`, new(map[any]int), `cannot be a key`}, {`{"q":5}`, new(Tagged), `inside a string`}, {`{"Note":"x"}`, new(Tagged), `unexported embedded pointer`},
		{`"2024-13-01T00:00:00Z"`, new(time.Time), `n: parsing time`}, {`"x"`, new(func()), `cannot be given`}, {strings.Repeat("[", 20000), new(any), `invalid JSON`},
	} {
		err := For(program()).Decode([]byte(tc.text), "n", tc.into)
		require.ErrorContains(t, err, tc.want, "%.40s", tc.text)
	}
}

// everything has a field of each kind that the reader knows.
type everything struct {
	B  bool
	N  int8
	U  uint64
	F  float32
	S  string
	By []byte
	L  [][]int
	A  [2]string
	M  map[int]Base
	P  map[float64]*Base
	R  ItemRef
	O  map[OrderRef]OrderRef
	I  any
	Sh Shape
	E  error
	T  Tagged
	W  time.Time
	D  time.Duration
	Z  *everything
	Lv map[Level]Level
}

// FuzzDecode checks that reading never panics, and that what it accepts can be written; that text reads back the same.
func FuzzDecode(f *testing.F) {
	f.Add(`{"B":true,"N":-1,"U":"7","F":"NaN","S":"x","By":"aGk=","L":[[1],null],"A":["a","b"],"M":{"1":{"ID":1}},"P":[[1.5,null]]}`)
	f.Add(`{"R":"pen","O":{"1":2},"I":{"$type":"list int","$value":[1]},"Sh":{"$type":"Item","$value":"x"},"E":"m","T":{"q":"5"},"Z":{"Z":null}}`)
	f.Add(`{"W":"2024-01-02T03:04:05Z","D":5,"Lv":{"level-1":"level-2"}}`)
	c := For(program())
	f.Fuzz(func(t *testing.T, text string) {
		var v everything
		if c.Decode([]byte(text), "v", &v) != nil {
			return
		}
		v.I, v.Sh = nil, nil // written bare, so not read back
		first, err := c.Result(&v, 1<<20)
		require.NoError(t, err)
		var w everything
		require.NoError(t, c.Decode(first, "v", &w), "%s", first)
		second, err := c.Result(&w, 1<<20)
		require.NoError(t, err)
		require.Equal(t, string(first), string(second))
	})
}

// Every byte at every place of a text, beside others, is written as encoding/json writes it.
func TestTextsAsEncodingJSON(t *testing.T) {
	c := For(program())
	for size := range 20 {
		for at := range size {
			for b := range 256 {
				for _, rest := range []string{"a", " ", "~", "!", "#", "[", "]"} {
					text := []byte(strings.Repeat(rest, size))
					text[at] = byte(b)
					got, err := c.Result(string(text), 1<<20)
					require.NoError(t, err)
					var want bytes.Buffer
					w := json.NewEncoder(&want)
					w.SetEscapeHTML(false)
					require.NoError(t, w.Encode(string(text)))
					if string(got)+"\n" != want.String() {
						t.Fatalf("%q: got %s, want %s", text, got, want.String())
					}
				}
			}
		}
	}
}
