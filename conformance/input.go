// This file holds the tests of bad input over HTTP: each is answered with a problem detail, and the endpoint serves on.

package conformance

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/backends/gateway"
)

func input() []Test {
	test := func(name, says string, run func(T, *Bench)) Test {
		return Test{Name: "input/" + name, Promise: Input, Set: Core, Says: says, Run: run}
	}
	return []Test{
		test("malformed_json", "a body that is no JSON array or object of arguments is refused", malformedBodies),
		test("encodings", "a body in an encoding that nobody knows is refused, and one in a known encoding is not taken for what it is not", encodedBodies),
		test("wrong_types", "an argument of another type is refused, and named", wrongTypes),
		test("ranges", "numbers beyond their type's range are refused; those at its ends arrive", outOfRange),
		test("argument_names", "missing, extra, unknown and doubled arguments are refused; names and positions mean the same", argumentNames),
		test("unknown_fields", "a field that a struct has not is refused", unknownFields),
		test("interfaces", "a value of an interface type names a type that has its methods", interfaceValues),
		test("utf8", "text that is not UTF-8 is refused wherever it stands", badText),
		test("deep_nesting", "values nested thousands deep are refused, or answered", deepNesting),
		test("huge_bodies", "a body beyond the limit is refused without being read to its end", hugeBodies),
		test("verbs", "a method of HTTP that a resource does not take is refused with the ones that it takes", wrongVerbs),
		test("paths", "paths that lead nowhere are refused; encoded slashes and dots are part of keys", strangePaths),
		test("ids", "request ids that are empty, too long, doubled or not visible are refused", badIDs),
		{
			Name: "input/other_origins", Promise: Input, Set: Extended, Run: otherOrigins,
			Says: "requests that a browser sends for pages of other origins are refused as Unauthenticated, without an effect",
		},
		test("mutations", "whatever a request is turned into, its answer is one of the API, and the endpoint serves on", mutations),
	}
}

// rawRequest is what no proper client would send.
type rawRequest struct {
	method, path string
	header       http.Header
	body         string
}

func (r rawRequest) String() string {
	return fmt.Sprintf("%s %.120s %v %.120q", r.method, r.path, r.header, r.body)
}

func send(t T, s Session, r rawRequest) (*http.Response, []byte) {
	header := http.Header{"Content-Type": {"application/json"}}
	for k, v := range r.header {
		header[k] = v
	}
	resp, body, err := s.Raw(t.Context(), r.method, r.path, header, []byte(r.body))
	if err != nil {
		fatal(t, "%v: no answer: %v", r, err)
	}
	return resp, body
}

// A problem is the body of an error answer.
type problem struct {
	Title  string
	Status int
	Detail string
	Code   string
}

// readProblem reads an error answer, and tells what is wrong with its form.
func readProblem(resp *http.Response, body []byte) (p problem, err error) {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "application/problem+json" {
		return p, fmt.Errorf("want the content type application/problem+json, got %q", resp.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return p, err
	}
	if p.Status != resp.StatusCode || p.Title == "" || p.Detail == "" || p.Code == "" {
		return p, fmt.Errorf("want title, status, detail and code, got %s", body)
	}
	return p, nil
}

// isProblem sends a request that must be refused, with a status and a code.
func isProblem(t T, s Session, r rawRequest, status int, code string) problem {
	t.Helper()
	resp, body := send(t, s, r)
	p, err := readProblem(resp, body)
	if err != nil {
		t.Errorf("%v: status %d: %v", r, resp.StatusCode, err)
	} else if p.Status != status || p.Code != code {
		t.Errorf("%v\n  want %d %s\n  got  %d %s %q", r, status, code, p.Status, p.Code, p.Detail)
	}
	return p
}

// invalid sends a body to a method that must refuse it, and looks whether it names what must be named.
func invalid(t T, s Session, path, body string, names ...string) {
	t.Helper()
	p := isProblem(t, s, rawRequest{http.MethodPost, path, nil, body}, http.StatusBadRequest, "InvalidArgument")
	for _, name := range names {
		if !strings.Contains(p.Detail, name) {
			t.Errorf("%.120q: the error should name %q: %q", body, name, p.Detail)
		}
	}
}

// target is an entity to send bad input to, with one number that must stay as it is.
type target struct {
	s        Session
	cell     string // its path
	safe     string
	cellName string
}

func newTarget(t T, r *Bench) target {
	s := r.Session(t)
	cell, safe := newCell(t, r, s), r.Name("safe")
	expect(t, s, To("NewSafe", safe), fmt.Sprintf("%q", safe))
	return target{s, "/v1/Cell/" + segment(cell), "/v1/Safe/" + segment(safe), cell}
}

// untouched looks whether the entity is as it was made, and takes requests.
func (x target) untouched(t T) {
	t.Helper()
	expect(t, x.s, On("Cell", x.cellName, "Journal"), `"0 [] map[]"`)
	expect(t, x.s, On("Cell", x.cellName, "Add", 0), "0")
}

func malformedBodies(t T, r *Bench) {
	x := newTarget(t, r)
	for _, body := range []string{
		"", "[", "]", "[1", "[1,]", "[1 2]", "{", "{]", `{"n"}`, `{"n":}`, `{"n":1,}`, "1", `"1"`, "true", "nul", "[01]", "[+1]", "[.5]",
		"[1]x", "[1][1]", "[1] {}", "\x00", "[\x00]", `["\x"]`, `["\ud8"]`, "[1]\xff", "'1'", "[NaN]", "n=1", "<n>1</n>", "[/* */1]",
	} {
		invalid(t, x.s, x.cell+"/Add", body)
	}
	x.untouched(t)
}

func encodedBodies(t T, r *Bench) {
	x := newTarget(t, r)
	isProblem(t, x.s, rawRequest{http.MethodPost, x.cell + "/Add", http.Header{"Content-Encoding": {"rot13"}}, "[1]"}, http.StatusUnsupportedMediaType, "InvalidArgument")
	x.untouched(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte("[7]")); err != nil || z.Close() != nil {
		fatal(t, "gzip: %v", err)
	}
	resp, body := send(t, x.s, rawRequest{http.MethodPost, x.cell + "/Add", http.Header{"Content-Encoding": {"gzip"}}, zipped.String()})
	if resp.StatusCode == http.StatusOK { // it may know this one
		expect(t, x.s, On("Cell", x.cellName, "Get"), "7")
		return
	}
	if p, err := readProblem(resp, body); err != nil || !mayHave(p.Code, resp.StatusCode) || p.Code != "InvalidArgument" {
		t.Errorf("a body in gzip: want 415 InvalidArgument, got %d %s (%v)", resp.StatusCode, p.Code, err)
	}
	x.untouched(t)
}

func wrongTypes(t T, r *Bench) {
	x := newTarget(t, r)
	for _, v := range []string{"true", "[1]", "{}", "null", `"one"`, `""`, `" 1"`, "1.5", `"1.5"`, "1e400", `"0x1"`} {
		invalid(t, x.s, x.cell+"/Add", "["+v+"]", "n")
	}
	for _, v := range []string{"1", "true", "[]", "{}", "null"} {
		invalid(t, x.s, x.cell+"/Finish", "["+v+"]", "end")
	}
	for _, v := range []string{"1", `"x"`, "{}", `[1]`, `[["a"]]`, `[{}]`} {
		invalid(t, x.s, x.cell+"/Spread", "["+v+`,1,""]`, "others")
	}
	for _, v := range []string{"1", `"x"`, "[]", "null"} {
		invalid(t, x.s, x.safe+"/Keep", "["+v+"]", "k")
	}
	for field, v := range map[string]string{
		"Bool": "1", "Int": `"x"`, "Text": "1", "Bytes": `"%%"`, "When": `"yesterday"`, "Long": `"1h"`, "Float64": `"inf"`, "Rune": `"a"`,
	} {
		invalid(t, x.s, x.safe+"/Keep", fmt.Sprintf(`[{%q:%s}]`, field, v), "k", field)
	}
	for _, v := range []string{"[1,2]", "[1,2,3,4]", `"abc"`, "{}"} {
		invalid(t, x.s, x.safe+"/Nest", `[{"Three":`+v+`}]`, "n", "Three")
	}
	x.untouched(t)
}

func outOfRange(t T, r *Bench) {
	x := newTarget(t, r)
	for field, ends := range map[string][2][2]string{ // the last that fits and the first that does not, below and above
		"Int8": {{"-128", "-129"}, {"127", "128"}}, "Int16": {{"-32768", "-32769"}, {"32767", "32768"}},
		"Int32": {{"-2147483648", "-2147483649"}, {"2147483647", "2147483648"}},
		"Int64": {{"-9223372036854775808", "-9223372036854775809"}, {"9223372036854775807", "9223372036854775808"}},
		"Int":   {{"-9223372036854775808", "-9223372036854775809"}, {"9223372036854775807", "9223372036854775808"}},
		"Uint8": {{"0", "-1"}, {"255", "256"}}, "Uint16": {{"0", "-1"}, {"65535", "65536"}}, "Uint32": {{"0", "-1"}, {"4294967295", "4294967296"}},
		"Uint64":  {{"0", "-1"}, {"18446744073709551615", "18446744073709551616"}},
		"Uint":    {{"0", "-1"}, {"18446744073709551615", "18446744073709551616"}},
		"Float32": {{"-3.4e38", "-3.5e38"}, {"3.4e38", "3.5e38"}}, "Float64": {{"-1.7e308", "-1.8e308"}, {"1.7e308", "1.8e308"}},
	} {
		for _, end := range ends {
			invalid(t, x.s, x.safe+"/Keep", fmt.Sprintf(`[{%q:%s}]`, field, end[1]), "k", field)
			resp, body := send(t, x.s, rawRequest{http.MethodPost, x.safe + "/Keep", nil, fmt.Sprintf(`[{%q:%s}]`, field, end[0])})
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s of %s is refused: %s", field, end[0], body)
				continue
			}
			if strings.HasPrefix(field, "Float") {
				continue
			}
			resp, body = send(t, x.s, rawRequest{http.MethodPost, x.safe + "/Kept", nil, ""})
			if want := fmt.Sprintf("%q:%s,", field, end[0]); !strings.Contains(string(body), want) {
				t.Errorf("want %s kept, got %d %s", want, resp.StatusCode, body)
			}
		}
	}
	x.untouched(t)
}

func argumentNames(t T, r *Bench) {
	x := newTarget(t, r)
	invalid(t, x.s, x.cell+"/Add", "[]", "n")
	invalid(t, x.s, x.cell+"/Add", "{}", "n")
	invalid(t, x.s, x.cell+"/Add", "[1,2]")
	invalid(t, x.s, x.cell+"/Add", `{"n":1,"m":2}`, "m")
	invalid(t, x.s, x.cell+"/Add", `{"N":1}`, "N")
	invalid(t, x.s, x.cell+"/Add", `{"n":1,"n":2}`, "n")
	invalid(t, x.s, x.cell+"/Spread", `{"others":[],"n":1}`, "end")
	invalid(t, x.s, x.cell+"/Get", "[1]")
	invalid(t, x.s, x.cell+"/Get", `{"n":1}`, "n")
	invalid(t, x.s, x.safe+"/Keep", `[{"Int":1,"Int":2}]`, "Int")
	invalid(t, x.s, x.safe+"/Nest", `[{"Map":{"a":[1],"a":[2]}}]`, "a")
	x.untouched(t)
	for _, body := range []string{`{"n":5}`, "[5]", ` [ "5" ] `, "{\n\"n\" : 5}"} {
		if resp, text := send(t, x.s, rawRequest{http.MethodPost, x.cell + "/Add", nil, body}); resp.StatusCode != http.StatusOK {
			t.Errorf("%s is refused: %s", body, text)
		}
	}
	expect(t, x.s, On("Cell", x.cellName, "Get"), "20")
	for body, want := range map[string]string{`["x"]`: `["x[]",0]`, `{"first":"x"}`: `["x[]",0]`, `["x",[7]]`: `["x[7]",1]`, `{"rest":[7,8],"first":"y"}`: `["y[7 8]",2]`} {
		resp, text := send(t, x.s, rawRequest{http.MethodPost, x.safe + "/Variadic", nil, body})
		if !strings.Contains(string(text), want) {
			t.Errorf("a variadic parameter's arguments, or none, as %s: want %s, got %d %s", body, want, resp.StatusCode, text)
		}
	}
	invalid(t, x.s, x.safe+"/Variadic", `["x",7]`, "rest")
	invalid(t, x.s, x.safe+"/Variadic", `["x",7,8]`)
	invalid(t, x.s, x.safe+"/Variadic", `[]`, "first")
	for _, body := range []string{"", "[]", "{}", " \n"} {
		if resp, text := send(t, x.s, rawRequest{http.MethodPost, x.cell + "/Get", nil, body}); resp.StatusCode != http.StatusOK {
			t.Errorf("no arguments as %q are refused: %s", body, text)
		}
	}
}

func unknownFields(t T, r *Bench) {
	x := newTarget(t, r)
	for _, body := range []string{`{"Nope":1}`, `{"int":1}`, `{"":1}`, `{"Int":1,"Nope":null}`} {
		invalid(t, x.s, x.safe+"/Keep", "["+body+"]", "k")
	}
	invalid(t, x.s, x.safe+"/Nest", `[{"List":[{},{"Nope":1}]}]`, "Nope")
	invalid(t, x.s, x.safe+"/Nest", `[{"Ptr":null}]`, "Ptr") // its name in JSON is ptr
	x.untouched(t)
}

func interfaceValues(t T, r *Bench) {
	x := newTarget(t, r)
	for _, v := range []string{
		`1`, `"Square"`, `{}`, `{"Side":1}`, `{"$type":"Square"}`, `{"$type":"Square","$value":1}`, `{"$type":"Triangle","$value":{}}`,
		`{"$type":"int","$value":1}`, `{"$type":1,"$value":{}}`, `{"$type":"Square","$value":{"Side":1},"more":1}`, `{"$type":"Square","$value":{"R":1}}`,
		`{"$type":"Cell","$value":"x"}`,
	} {
		invalid(t, x.s, "/v1/Area", "[["+v+"]]", "shapes")
	}
	expect(t, x.s, To("Area", []any{json.RawMessage(`{"$type":"Square","$value":{"Side":3}}`), nil}), "9")
}

func badText(t T, r *Bench) {
	x := newTarget(t, r)
	for _, text := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "\xc0\x80"} {
		invalid(t, x.s, x.cell+"/Finish", `["`+text+`"]`)
		invalid(t, x.s, x.safe+"/Keep", `[{"Text":"`+text+`"}]`)
		invalid(t, x.s, x.cell+"/Add", `{"`+text+`":1}`)
		isProblem(t, x.s, rawRequest{http.MethodPost, "/v1/Cell/" + segment(text) + "/Get", nil, ""}, http.StatusBadRequest, "InvalidArgument")
	}
	isProblem(t, x.s, rawRequest{http.MethodPost, "/v1/Cell/a%00%ff/Get", nil, ""}, http.StatusBadRequest, "InvalidArgument")
	x.untouched(t)
}

func deepNesting(t T, r *Bench) {
	x := newTarget(t, r)
	for _, deep := range []string{
		strings.Repeat("[", 100_000), strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), strings.Repeat(`{"n":`, 50_000),
		`[` + strings.Repeat(`{"ptr":`, 20_000) + "{}" + strings.Repeat("}", 20_000) + `]`,
		`[{"Any":` + strings.Repeat(`{"$type":"Nested","$value":{"Any":`, 9_000) + "null" + strings.Repeat("}}", 9_000) + `}]`,
	} {
		resp, body := send(t, x.s, rawRequest{http.MethodPost, x.safe + "/Nest", nil, deep})
		if resp.StatusCode == http.StatusOK {
			continue
		}
		p, err := readProblem(resp, body)
		if err != nil || p.Code != "InvalidArgument" && p.Code != "LimitExceeded" {
			t.Errorf("%.40s…: %d %v %s %.200s", deep, resp.StatusCode, err, p.Code, p.Detail)
		}
	}
	x.untouched(t)
}

func hugeBodies(t T, r *Bench) {
	x := newTarget(t, r)
	for _, body := range []string{
		`["` + strings.Repeat("a", 3<<20) + `"]`, "[" + strings.Repeat(" ", 3<<20) + "1]", strings.Repeat("[", 3<<20), strings.Repeat("\x00", 3<<20),
	} {
		isProblem(t, x.s, rawRequest{http.MethodPost, x.cell + "/Finish", nil, body}, http.StatusRequestEntityTooLarge, "LimitExceeded")
	}
	x.untouched(t)
}

func wrongVerbs(t T, r *Bench) {
	x := newTarget(t, r)
	for path, takes := range map[string]string{
		x.cell + "/Add": "POST", x.cell: "GET", "/v1/WriteAll": "POST", "/v1/requests/none": "GET", "/openapi.json": "GET", "/healthz": "GET",
	} {
		for _, verb := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			if verb == takes {
				continue
			}
			resp, body := send(t, x.s, rawRequest{verb, path, nil, "[1]"})
			p, err := readProblem(resp, body)
			if err != nil || resp.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(resp.Header.Get("Allow"), takes) {
				t.Errorf("%s %s: want 405 that allows %s, got %d, allow %q, %v %s", verb, path, takes, resp.StatusCode, resp.Header.Get("Allow"), err, p.Detail)
			}
		}
	}
	x.untouched(t)
}

func strangePaths(t T, r *Bench) {
	x := newTarget(t, r)
	for _, path := range []string{"/", "/v1", "/v2/Cell/a", "/nothing", "/etc/passwd", "/metrics/more", "/v1/Nothing/a"} {
		isProblem(t, x.s, rawRequest{http.MethodGet, path, nil, ""}, http.StatusNotFound, "NotFound")
	}
	for _, path := range []string{
		"/v1/Nothing", "/v1/Nothing/a", "/v1/Nothing/a/Get", x.cell + "/Nothing", x.cell + "/Get/more",
		"/v1/Cell/a/b/c/d", "/v1/cell/a/Get", "/v1/..%2f..%2fetc%2fpasswd", x.cell + "/get", x.cell + "/write",
	} {
		isProblem(t, x.s, rawRequest{http.MethodPost, path, nil, "[]"}, http.StatusNotFound, "NotFound")
	}
	name := r.Name("slash") // keys that differ by what is encoded are different entities
	for i, piece := range []string{"/", "", "%", "%2F", "//", "?", "."} {
		expect(t, x.s, To("NewCell", name+piece+"end", i), jsonText(name+piece+"end"))
	}
	for i, piece := range []string{"%2F", "", "%25", "%252F", "%2F%2F", "%3F", "%2E"} {
		resp, body := send(t, x.s, rawRequest{http.MethodPost, "/v1/Cell/" + segment(name) + piece + "end/Get", nil, "[]"})
		if !strings.Contains(string(body), fmt.Sprintf(`"result":%d`, i)) {
			t.Errorf("the key with %s: want %d, got %d %s", piece, i, resp.StatusCode, body)
		}
	}
	for _, path := range []string{"/v1/Cell//Get", "/v1/Numbered/1x/Text", "/v1/Numbered/%31%2e0/Text"} {
		isProblem(t, x.s, rawRequest{http.MethodPost, path, nil, "[]"}, http.StatusBadRequest, "InvalidArgument")
	}
	for _, key := range []string{"..%2f..%2fetc%2fpasswd", "%2e%2e", "%2E", "a%2Fb", "%25", "%3F"} {
		isProblem(t, x.s, rawRequest{http.MethodPost, "/v1/Cell/" + key + "/Get", nil, "[]"}, http.StatusNotFound, "NotFound")
		isProblem(t, x.s, rawRequest{http.MethodGet, "/v1/Cell/" + key, nil, ""}, http.StatusNotFound, "NotFound")
	}
	x.untouched(t)
}

func badIDs(t T, r *Bench) {
	x := newTarget(t, r)
	for _, ids := range [][]string{{""}, {strings.Repeat("i", 256)}, {"a b"}, {"a", "b"}, {"ä"}, {"a\tb"}} {
		header := http.Header{gateway.HeaderID: ids}
		isProblem(t, x.s, rawRequest{http.MethodPost, x.cell + "/Add", header, "[1]"}, http.StatusBadRequest, "InvalidArgument")
	}
	x.untouched(t)
	long := r.Name(strings.Repeat("i", 200))
	expect(t, x.s, On("Cell", x.cellName, "Add", 1).With(long), "1")
	expect(t, x.s, On("Cell", x.cellName, "Add", 1).With(r.Name("!#$%&'*+-.^_`|~(),/:;<=>?@[]{}\"\\")), "2")
}

func otherOrigins(t T, r *Bench) {
	x := newTarget(t, r)
	for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://elsewhere.example"}}} {
		isProblem(t, x.s, rawRequest{http.MethodPost, x.cell + "/Add", header, "[1]"}, http.StatusUnauthorized, "Unauthenticated")
	}
	x.untouched(t)
}

// mutations changes proper requests at random. Whatever comes of it is answered in the API's form.
func mutations(t T, r *Bench) {
	x := newTarget(t, r)
	rnd := r.Rand(t, "input/mutations")
	proper := []rawRequest{
		{http.MethodPost, x.safe + "/Keep", nil, `[{"Bool":true,"Int":-7,"Uint8":255,"Float64":1.5e3,"Text":"a\u00e4\n","Bytes":"AAEC","When":"2024-02-29T12:00:00Z"}]`},
		{http.MethodPost, x.safe + "/Nest", nil, `[{"List":[{"Int":1},{}],"Three":[1,2,3],"Map":{"b":[2],"a":null},"ByInt":{"-1":"x"},"ptr":{"X":1},"Any":{"$type":"int","$value":3}}]`},
		{http.MethodPost, "/v1/Area", nil, `[[{"$type":"Square","$value":{"Side":2}},{"$type":"Disc","$value":{"R":1}},null]]`},
		{http.MethodPost, "/v1/Balances", nil, `{"accounts":["a","b",null]}`},
		{http.MethodPost, x.safe + "/Variadic", http.Header{gateway.HeaderDeadline: {"2200-01-01T00:00:00Z"}}, `["x",[1,2,3]]`},
		{http.MethodGet, x.safe, nil, ""},
	}
	for range r.Times(1500) {
		m := mutate(rnd, proper[rnd.IntN(len(proper))])
		resp, body, err := x.s.Raw(t.Context(), m.method, m.path, m.header, []byte(m.body))
		if err != nil {
			fatal(t, "%v: no answer: %v", m, err)
		}
		if resp.StatusCode == http.StatusOK {
			if !json.Valid(body) {
				t.Errorf("%v: a result that is no JSON: %.200q", m, body)
			}
			continue
		}
		p, err := readProblem(resp, body)
		if err != nil {
			t.Errorf("%v: status %d: %v", m, resp.StatusCode, err)
		} else if !mayHave(p.Code, resp.StatusCode) {
			t.Errorf("%v: status %d with code %s: %s", m, resp.StatusCode, p.Code, p.Detail)
		}
	}
	x.untouched(t)
}

// mayHave says whether an error of a code may have a status.
func mayHave(code string, status int) bool {
	switch status {
	case http.StatusMethodNotAllowed:
		return true
	case http.StatusUnsupportedMediaType:
		return code == "InvalidArgument"
	case http.StatusInternalServerError:
		return false
	}
	return status == gateway.Status(code)
}

// mutate changes path, body or headers in one to three places.
func mutate(rnd *rand.Rand, r rawRequest) rawRequest {
	body := []byte(r.body)
	for range 1 + rnd.IntN(3) {
		switch at := rnd.IntN(len(body) + 1); rnd.IntN(8) {
		case 0: // a byte more
			body = slices.Insert(body, at, byte(rnd.IntN(256)))
		case 1: // a piece less
			body = slices.Delete(body, at, min(len(body), at+1+rnd.IntN(5)))
		case 2: // another byte
			if at < len(body) {
				body[at] = byte(rnd.IntN(256))
			}
		case 3: // a word of JSON
			words := []string{"null", "[", "]", "{}", `"`, "1e999", "-", ",", ":", "\\u0000", `{"$type":"Safe","$value":"x"}`, "9223372036854775808"}
			body = slices.Insert(body, at, []byte(words[rnd.IntN(len(words))])...)
		case 4: // a piece twice
			body = append(body, body[at:]...)
		case 5: // another value
			body = bytes.Replace(body, []byte("1"), []byte([]string{`"1"`, "1.0", "true", "{}", "1e2"}[rnd.IntN(5)]), 1)
		case 6:
			r.path = mutatePath(rnd, r.path)
		case 7:
			r.header = http.Header{[]string{"Content-Type", "Accept", gateway.HeaderDeadline, "Content-Encoding"}[rnd.IntN(4)]: {fmt.Sprintf("%x", rnd.Uint64())}}
		}
	}
	r.body = string(body)
	return r
}

// mutatePath puts an encoded byte, or a piece of a path, somewhere behind /v1/.
func mutatePath(rnd *rand.Rand, path string) string {
	at := len("/v1/") + rnd.IntN(len(path)-len("/v1/")+1)
	for at < len(path) && strings.Contains(path[max(0, at-2):at], "%") { // no escape is broken: the client would refuse it
		at++
	}
	pieces := []string{fmt.Sprintf("%%%02x", rnd.IntN(256)), "/", "//", "..", "%2f", "x", "?limit=x", "?after="}
	return path[:at] + pieces[rnd.IntN(len(pieces))] + path[at:]
}
