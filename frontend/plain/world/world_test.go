// This file tests rollback, copies and JSON on memory of every shape.

package world

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type node struct {
	N    int
	next *node
}

type thing struct {
	name   string
	xs, ys []int
	m      map[string][]int
	p, q   *node
	any    any
	ref    *thing
	when   time.Time
}

func (t *thing) Key() string { return t.name }

func setUp(t *testing.T) *thing {
	Entity("w", "Thing", (*thing).Key)
	end := Sub(true)
	t.Cleanup(end)
	ring := &node{N: 1}
	ring.next = &node{2, ring}
	xs := append(make([]int, 0, 10), 1, 2, 3, 4)
	return Create(false, &thing{
		name: "a", xs: xs, ys: xs[1:3:10], m: map[string][]int{"k": {1}}, p: ring, q: ring.next, any: []*node{ring},
		when: time.Unix(0, 0).UTC(),
	})
}

func TestSnapshotRestoresInPlace(t *testing.T) {
	a := setUp(t)
	xs, ring, m := a.xs, a.p, a.m
	s := takeSnapshot()
	require.Equal(t, 4, cap(a.xs), "no capacity is left at the start of a request")
	require.Equal(t, 2, cap(a.ys))
	a.xs[1], a.m["k"][0], a.m["l"], ring.next.N = 50, 60, nil, 70
	a.any.([]*node)[0] = nil
	a.xs, a.p, a.m, a.name = nil, nil, nil, "b"
	Create(false, &thing{name: "new"})
	s.restore()
	require.Equal(t, "a", a.name)
	require.Equal(t, []int{1, 2, 3, 4}, a.xs)
	require.Same(t, &xs[1], &a.ys[0], "sharing is as it was")
	require.Equal(t, map[string][]int{"k": {1}}, m)
	require.Same(t, ring, a.p)
	require.Equal(t, 2, ring.next.N)
	require.Same(t, ring, a.any.([]*node)[0])
	require.False(t, Exists(Get[thing]("new")))
}

func TestCopiesKeepSharingAndReferences(t *testing.T) {
	a := setUp(t)
	known := errors.New("known")
	Sentinel(known)
	xs := []int{1, 2, 3, 4}
	part, list, err := xs[1:3], []any{a, known, a.p, strconv.ErrSyntax}, error(&strconv.NumError{Func: "f", Err: known})
	before := list[2]
	copyAll([]any{&xs, &part, &list, &err})
	require.Equal(t, []int{1, 2, 3, 4}, xs)
	xs[1] = 9
	require.Equal(t, 9, part[0], "windows of one array stay so")
	require.Equal(t, 2, cap(part))
	require.Same(t, a, list[0], "references are not copied")
	require.True(t, list[1] == any(known) && list[3] == any(strconv.ErrSyntax), "sentinels keep their identity")
	require.NotSame(t, before, list[2])
	ring := list[2].(*node)
	require.Same(t, ring, ring.next.next, "a cycle stays a cycle")
	require.ErrorIs(t, err, known)
}

func TestTypesAreNotCopied(t *testing.T) {
	var m map[string]int
	err := json.Unmarshal([]byte("[1]"), &m)
	before := err.(*json.UnmarshalTypeError)
	copyAll([]any{&err})
	after := err.(*json.UnmarshalTypeError)
	require.NotSame(t, before, after)
	require.True(t, after.Type == reflect.TypeFor[map[string]int]())
	require.EqualError(t, err, "json: cannot unmarshal array into Go value of type map[string]int")
}

func TestReferences(t *testing.T) {
	a := setUp(t)
	require.Same(t, a, Get[thing]("a"))
	b := Get[thing]("b")
	require.False(t, Exists(b))
	require.Same(t, b, Create(false, &thing{name: "b"}), "an entity moves to where references point already")
	require.PanicsWithError(t, "AlreadyExists: Thing/b exists already", func() { Create(false, &thing{name: "b"}) })
	Delete(b)
	require.PanicsWithError(t, "NotFound: Thing/b does not exist", func() { Delete(b) })
	w.running[b] = 1
	c := Create(false, &thing{name: "b", xs: []int{1}})
	require.NotSame(t, b, c, "activations of the deleted one go on with their object")
	require.Equal(t, w.ids[b], w.ids[c])
	for _, key := range []any{"", "\xff", 7, string(make([]byte, 513))} {
		require.Panics(t, func() { Get[thing](key) }, "%q", key)
	}
}

func TestStateAsJSON(t *testing.T) {
	a := setUp(t)
	a.ref = a
	text, err := toJSON(reflect.ValueOf(a).Elem(), true)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"a","xs":[1,2,3,4],"ys":[2,3],"m":{"k":[1]},
		"p":{"N":1,"next":{"N":2,"next":{"$cycle":2}}},"q":{"N":2,"next":{"N":1,"next":{"$cycle":2}}},
		"any":[{"N":1,"next":{"N":2,"next":{"$cycle":2}}}],"ref":"a","when":"1970-01-01T00:00:00Z"}`, string(text))
}

func TestValuesAsJSON(t *testing.T) {
	type inner struct{ A int }
	type tagged struct {
		inner
		Text  string `json:"text,omitempty"`
		Num   int    `json:",string"`
		None  int    `json:"-"`
		quiet int
	}
	for _, c := range []struct {
		v    any
		want string
	}{
		{tagged{inner{1}, "", 2, 3, 4}, `{"A":1,"Num":"2"}`},
		{[]float64{1, math.NaN(), math.Inf(-1), 1e21, 0.1}, `[1,"NaN","-Inf",1e+21,0.1]`},
		{map[bool]int{true: 1, false: 2}, `[[false,2],[true,1]]`},
		{map[[2]int]string{{1, 10}: "x", {1, 9}: "<y>"}, `[[[1,10],"x"],[[1,9],"<y>"]]`},
		{map[int]any{2: nil, 10: []byte("ab")}, `{"10":"YWI=","2":null}`},
		{[]error{errors.New("e"), nil}, `["e",null]`},
		{struct{ D time.Duration }{5}, `{"D":5}`},
	} {
		text, err := toJSON(reflect.ValueOf(c.v), false)
		require.NoError(t, err)
		require.Equal(t, c.want, string(text))
	}
}

func TestArgumentsFromJSON(t *testing.T) {
	type pair struct {
		A int8
		B []string
	}
	for _, c := range []struct {
		text string
		into any
		want any
	}{
		{`"-5"`, new(int), -5},
		{`{"A":"7","B":["x"]}`, new(pair), pair{7, []string{"x"}}},
		{`{"1":{"A":1}}`, new(map[int]*pair), map[int]*pair{1: {A: 1}}},
		{`[[true,1]]`, new(map[bool]int), map[bool]int{true: 1}},
		{`"AQI="`, new([]byte), []byte{1, 2}},
		{`"+Inf"`, new(float64), math.Inf(1)},
		{`{"$type":"int","$value":3}`, new(any), 3},
	} {
		require.NoError(t, input{}.value(json.RawMessage(c.text), reflect.ValueOf(c.into).Elem()), c.text)
		require.Equal(t, c.want, reflect.ValueOf(c.into).Elem().Interface(), c.text)
	}
	for text, into := range map[string]any{
		`128`: new(int8), `1.5`: new(int), `null`: new(int), `{"a":1}`: new(pair), `[1]`: new([2]int), `"x"`: new(float64),
		`3`: new(any), `{"$type":"nothing","$value":1}`: new(any), `-1`: new(uint), `"%"`: new([]byte),
	} {
		require.Error(t, input{}.value(json.RawMessage(text), reflect.ValueOf(into).Elem()), text)
	}
}

func TestEntriesInOrder(t *testing.T) {
	setUp(t)
	nan := math.NaN()
	m := map[float64]int{2: 2, nan: 1, -1: 3}
	var seen []int
	for _, e := range Entries(m) {
		if _, v, ok := e.Get(); ok {
			seen = append(seen, v)
			delete(m, 2)
		}
	}
	require.Equal(t, []int{1, 3}, seen)
	clear(m)
	m[nan], m[math.NaN()] = 1, 2
	entries := Entries(m)
	clear(m)
	_, _, ok := entries[1].Get()
	require.False(t, ok)
	keys := map[any]bool{2: true, "a": true, nil: true, 1: true}
	var order []any
	for k := range Keys(keys) {
		order = append(order, k)
	}
	require.Equal(t, []any{nil, 1, 2, "a"}, order)
}
