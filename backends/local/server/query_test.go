// This file tests queries through the HTTP API.

package server

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/where"
)

// filled has accounts a00 … a29 with a balance of ten times the number, and counters -2 … 12.
func filled(t *testing.T) string {
	_, at := serve(t, false)
	for i := range 30 {
		status, _, _ := do(t, "POST", at+"/v1/NewAccount", fmt.Sprintf(`["a%02d",%d]`, i, 10*i))
		require.Equal(t, 200, status)
	}
	for i := -2; i <= 12; i++ {
		status, _, _ := do(t, "POST", at+"/v1/NewCounter", fmt.Sprintf(`[%d]`, i))
		require.Equal(t, 200, status)
	}
	return at
}

// keys gives those of a list in an answer.
func keys(answer map[string]any) string {
	var list []string
	for _, e := range answer["entities"].([]any) {
		list = append(list, e.(map[string]any)["key"].(string))
	}
	return strings.Join(list, " ")
}

func TestQueryOfOneType(t *testing.T) {
	at := filled(t)
	for _, tc := range []struct{ query, keys, next string }{
		{`where=Balance >= 280`, "a28 a29", ""},
		{`where=Balance >= 100 && Balance < 140&limit=2`, "a10 a11", "a11"},
		{`where=Balance >= 100 && Balance < 140&limit=2&after=a11`, "a12 a13", "a13"},
		{`where=Balance >= 100 && Balance < 140&limit=2&after=a13`, "", ""},
		{`where=owner.endsWith("7")`, "a07 a17 a27", ""},
		{`where=owner == "a05"&limit=1`, "a05", "a05"},
		{`after=a27`, "a28 a29", ""},
		{`after=a2`, "a20 a21 a22 a23 a24 a25 a26 a27 a28 a29", ""},
		{`where=false`, "", ""},
	} {
		values, err := url.ParseQuery(strings.ReplaceAll(tc.query, " && ", " %26%26 "))
		require.NoError(t, err)
		status, _, a := do(t, "GET", at+"/v1/Account?"+values.Encode(), "")
		require.Equal(t, 200, status, "%v", a)
		require.Equal(t, json.Number("45"), a["position"])
		require.Equal(t, tc.keys, keys(a), tc.query)
		next, _ := a["next"].(string)
		require.Equal(t, tc.next, next, tc.query)
	}
	_, _, a := do(t, "GET", at+"/v1/Counter", "")
	require.Equal(t, "-2 -1 0 1 2 3 4 5 6 7 8 9 10 11 12", keys(a), "integer keys are in the order of their values")
	_, _, a = do(t, "GET", at+"/v1/Counter?after=9", "")
	require.Equal(t, "10 11 12", keys(a))
}

// TestPagesAreTheWhole follows next through all matches, for each size of page.
func TestPagesAreTheWhole(t *testing.T) {
	at := filled(t)
	for limit := 1; limit <= 12; limit++ {
		var all []string
		after := ""
		for pages := 0; ; pages++ {
			require.Less(t, pages, 20)
			v := url.Values{"where": {"Balance % 30 == 0"}, "limit": {fmt.Sprint(limit)}}
			if after != "" {
				v.Set("after", after)
			}
			_, _, a := do(t, "GET", at+"/v1/Account?"+v.Encode(), "")
			if k := keys(a); k != "" {
				all = append(all, k)
			}
			next, more := a["next"].(string)
			if !more {
				break
			}
			after = next
		}
		require.Equal(t, "a00 a03 a06 a09 a12 a15 a18 a21 a24 a27", strings.Join(all, " "), "limit %d", limit)
	}
}

func TestQueryOfSeveralTypes(t *testing.T) {
	at := filled(t)
	status, _, a := do(t, "POST", at+"/query", `{"select":[
		{"type":"Account","where":"Balance > 270"}, {"type":"Counter","key":"7"}, {"type":"Counter","key":"99"},
		{"type":"Counter","key":"7","where":"n == 1"}, {"type":"Counter","after":"10","limit":1}]}`)
	require.Equal(t, 200, status)
	text, err := json.Marshal(a)
	require.NoError(t, err)
	require.JSONEq(t, `{"position":45,"select":[
		{"type":"Account","entities":[{"key":"a28","state":{"owner":"a28","Balance":280}},{"key":"a29","state":{"owner":"a29","Balance":290}}]},
		{"type":"Counter","entities":[{"key":"7","state":{"id":7,"n":0}}]},
		{"type":"Counter","entities":[]},
		{"type":"Counter","entities":[]},
		{"type":"Counter","entities":[{"key":"11","state":{"id":11,"n":0}}],"next":"11"}]}`, string(text))
}

func TestRefusedQueries(t *testing.T) {
	at := filled(t)
	get := func(query string) string { return "GET " + at + "/v1/Account?" + query }
	post := "POST " + at + "/query"
	for _, tc := range []struct {
		request, body string
		status        int
		detail        string
	}{
		{get("where=" + url.QueryEscape("Balanc > 1")), "", 400, `where "Balanc > 1": column 1: unknown field "Balanc": did you mean "Balance"?`},
		{get("where=Balance"), "", 400, `where "Balance": it gives an int, not true or false`},
		{get("where=" + url.QueryEscape("1/Balance > 0")), "", 400, `where "1/Balance > 0": Account/a00: division by zero`},
		{get("where=true&where=false"), "", 400, `query: where is given 2 times`},
		{get("limit=1001"), "", 400, `query: limit: want 1 to 1000, got "1001"`},
		{get("after=" + strings.Repeat("x", 513)), "", 400, `Account: key has 513 bytes, more than 512`},
		{get("where=" + strings.Repeat("x", where.MaxLength+1)), "", 400, `it has 4097 bytes, more than 4096`},
		{post, ``, 400, `the body: EOF (want {"select"`},
		{post, `{"select":[]}`, 400, `want 1 to 100 selections, got 0`},
		{post, `{"selec":[]}`, 400, `unknown field "selec"`},
		{post, `{"select":[{"type":"Account"}]} x`, 400, `there is more behind the object`},
		{post, `{"select":[{"type":"Acount"}]}`, 404, `selection 1: no entity type "Acount": did you mean "Account"?`},
		{post, `{"select":[{"type":"Account"},{"type":"Counter","key":"x"}]}`, 400, `selection 2: Counter: key "x" is not the decimal form of a value of type int`},
		{post, `{"select":[{"type":"Account","limit":-1}]}`, 400, `selection 1: limit: want 1 to 1000, got -1`},
		{post, `{"select":[{"type":"Account","limit":"x"}]}`, 400, `the body: json: cannot unmarshal`},
		{post, `{"select":[{"type":"Account","key":"a","after":"b"}]}`, 400, `give key or after`},
		{post, `{"select":[` + strings.Repeat(`{"type":"Account"},`, 100) + `{"type":"Account"}]}`, 400, `want 1 to 100 selections, got 101`},
		{"GET " + at + "/query", ``, 405, `it takes POST`},
	} {
		method, address, _ := strings.Cut(tc.request, " ")
		status, _, a := do(t, method, address, tc.body)
		require.Equal(t, tc.status, status, "%.80s %v", tc.request, a)
		require.Contains(t, a["detail"], tc.detail)
	}
}
