// This file tests scripts: how lines are read, how words become JSON, what counts as expected.

package calls

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func bare(s string) Word   { return Word{Text: s, Bare: true} }
func quoted(s string) Word { return Word{Text: s} }

func TestParse(t *testing.T) {
	for line, want := range map[string]*Request{
		"":              nil,
		"  # a comment": nil,
		"NewUser alice 100                       => alice": {Name: "NewUser", Args: []Word{bare("alice"), bare("100")}, Want: &Want{Value: bare("alice")}},
		"User/alice BuyItem 2 pen":                         {Type: "User", Key: "alice", Name: "BuyItem", Args: []Word{bare("2"), bare("pen")}},
		"Item/a/b Price # the first / splits":              {Type: "Item", Key: "a/b", Name: "Price"},
		`"User/al ice" Greet "a => b # c" x#y`:             {Type: "User", Key: "al ice", Name: "Greet", Args: []Word{quoted(`"a => b # c"`), bare("x#y")}},
		`[r-17] User/alice Deposit -5 => error Application "negative" # why`: {
			ID: "r-17", Type: "User", Key: "alice", Name: "Deposit", Args: []Word{bare("-5")}, Want: &Want{Code: "Application", Part: "negative"}},
		`get User/alice => {"Username": "alice", "Balance": 90}`: {Get: true, Type: "User", Key: "alice", Want: &Want{Value: quoted(`{"Username":"alice","Balance":90}`)}},
		`get User/alice => error NotFound`:                       {Get: true, Type: "User", Key: "alice", Want: &Want{Code: "NotFound"}},
		`"get" x`:                                                {Name: "get", Args: []Word{bare("x")}},
		"Restock [\"pen\", \"ink\"]\t5 => null":                  {Name: "Restock", Args: []Word{quoted(`["pen","ink"]`), bare("5")}, Want: &Want{Value: bare("null")}},
		`Put {"a": [1, "}"]} => "two words"`:                     {Name: "Put", Args: []Word{quoted(`{"a":[1,"}"]}`)}, Want: &Want{Value: quoted(`"two words"`)}},
		`Say "" => "error"`:                                      {Name: "Say", Args: []Word{quoted(`""`)}, Want: &Want{Value: quoted(`"error"`)}},
		"X/ M":                                                   {Type: "X", Key: "", Name: "M"},
		"F\r":                                                    {Name: "F"},
	} {
		got, err := Parse("calls.txt", []byte("# first\n"+line))
		require.NoError(t, err, line)
		if want == nil {
			require.Empty(t, got, line)
			continue
		}
		require.Len(t, got, 1, line)
		require.Equal(t, 2, got[0].Line)
		require.Equal(t, "calls.txt", got[0].File)
		got[0].File, got[0].Line, got[0].Text = "", 0, ""
		if len(got[0].Args) == 0 {
			got[0].Args = nil
		}
		require.Equal(t, want, got[0], line)
	}
}

func TestTextIsTheRequest(t *testing.T) {
	script, err := Parse("s", []byte("  [r] A/b C  \"=> #\" 1   => 2 # why\nF # x"))
	require.NoError(t, err)
	require.Equal(t, `[r] A/b C  "=> #" 1`, script[0].Text)
	require.Equal(t, "F", script[1].Text)
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"User/alice":      "want a method after",
		"get":             "want get Type/key",
		"get User":        `want get Type/key, got "User"`,
		"get User/a b":    "want get Type/key",
		"=> 1":            "want Type/key Method",
		"[r-1]":           "want Type/key Method",
		"[r-1 F":          "want [id]",
		"[] F":            "want [id]",
		"F =>":            "want a result after =>",
		"F => 1 2":        "want one result after =>",
		"F => 1 => 2":     "a second =>",
		"F => error":      "want => error CODE",
		"F => error X y":  "want => error CODE",
		`F => error X 5`:  "want => error CODE",
		`F => error X {}`: "want a name",
		`F "x`:            "invalid JSON",
		`F [1,`:           "invalid JSON",
		`F "a"b`:          `want a space after "a"`,
		`[1] [2]`:         "want a name, got [2]",
		"F \xff":          "not valid UTF-8",
	} {
		_, err := Parse("calls.txt", []byte("\n"+line))
		require.ErrorContains(t, err, "calls.txt:2: ", line)
		require.ErrorContains(t, err, want, line)
	}
	_, err := Parse("f", []byte("User/a\nF\nget"))
	require.ErrorContains(t, err, "f:1:")
	require.ErrorContains(t, err, "f:3:")
}

func TestCheck(t *testing.T) {
	value := func(s string) Answer { return Answer{Value: json.RawMessage(s)} }
	failed := Answer{Code: "NotFound", Error: `User/"x" does not exist`}
	for _, tc := range []struct {
		want   *Want
		answer Answer
		fine   bool
	}{
		{nil, value(`1`), true}, {nil, failed, false},
		{&Want{Value: bare("alice")}, value(`"alice"`), true}, {&Want{Value: bare("7")}, value(`"7"`), true}, {&Want{Value: bare("7")}, value(`7`), true},
		{&Want{Value: quoted(`"7"`)}, value(`7`), false}, {&Want{Value: bare("7")}, value(`8`), false}, {&Want{Value: bare("true")}, value(`true`), true},
		{&Want{Value: bare("null")}, value(`null`), true}, {&Want{Value: bare("null")}, value(`0`), false}, {&Want{Value: bare("alice")}, value(`7`), false},
		{&Want{Value: quoted(`{"a":1,"b":[2]}`)}, value(`{"b":[2],"a":1}`), true}, {&Want{Value: quoted(`{"a":1}`)}, value(`{"a":1,"b":null}`), false},
		{&Want{Value: quoted(`[1,2]`)}, value(`[2,1]`), false}, {&Want{Value: bare("1.0")}, value(`1`), true}, {&Want{Value: bare("1e2")}, value(`100`), true},
		{&Want{Value: bare("9007199254740993")}, value(`9007199254740992`), false}, {&Want{Value: bare("x")}, failed, false},
		{&Want{Code: "NotFound"}, failed, true}, {&Want{Code: "NotFound", Part: `"x" does`}, failed, true}, {&Want{Code: "NotFound", Part: "y"}, failed, false},
		{&Want{Code: "Panic"}, failed, false}, {&Want{Code: "NotFound"}, value(`1`), false},
	} {
		require.Equal(t, tc.fine, Check(&Request{Want: tc.want}, tc.answer) == nil, "%v %v", tc.want, tc.answer)
	}
	f := Check(&Request{File: "c.txt", Line: 3, Text: "F 1", Want: &Want{Code: "Panic", Part: "a"}}, failed)
	require.EqualError(t, f, "c.txt:3: F 1\n\twant error Panic \"a\"\n\tgot  error NotFound \"User/\\\"x\\\" does not exist\"")
}

func TestRunDoesAll(t *testing.T) {
	script, err := Parse("s", []byte("A => 1\nB => 2\nC => 1\nD"))
	require.NoError(t, err)
	var seen []string
	do := func(_ context.Context, r *Request) (Answer, error) {
		if r.Name == "D" {
			return Answer{}, errors.New("cut off")
		}
		return Answer{Value: json.RawMessage("1")}, nil
	}
	failures, err := Run(t.Context(), script, do, func(r *Request, a Answer) { seen = append(seen, r.Name) })
	require.EqualError(t, err, "s:4: cut off")
	require.Equal(t, []string{"A", "B", "C"}, seen)
	require.Len(t, failures, 1)
	require.Equal(t, "2", failures[0].Want)
}

// TestWordsAreReadByType runs the client against a server that tells what it was sent.
func TestWordsAreReadByType(t *testing.T) {
	const description = `{"paths": {
		"/v1/F": {"post": {"operationId": "F", "x-sfc-parameters": [
			{"name": "s", "schema": {"type": "string"}}, {"name": "n", "schema": {"type": "integer"}},
			{"name": "r", "schema": {"type": "string", "nullable": true}}, {"name": "p", "schema": {"nullable": true, "allOf": [{"type": "string"}]}},
			{"name": "f", "schema": {"oneOf": [{"type": "number"}, {"type": "string"}]}}, {"name": "b", "schema": {"type": "boolean"}}]}},
		"/v1/T/{key}/M": {"post": {"operationId": "T.M", "x-sfc-parameters": [{"name": "s", "schema": {"type": "string"}}]}}}}`
	var path, body, id, token string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openapi.json" {
			io.WriteString(w, description)
			return
		}
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		path, body, id, token = r.URL.EscapedPath(), string(text), r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization")
		io.WriteString(w, `{"id":"x","result":1,"state":{"a":1}}`)
	}))
	defer server.Close()
	client := &Client{Endpoint: server.URL + "/", Token: "secret"}
	for line, want := range map[string][2]string{
		`F 7 7 null null 1.5 true`:            {"/v1/F", `["7",7,null,null,1.5,true]`},
		`F null x 7 7 NaN 1`:                  {"/v1/F", `["null","x","7","7","NaN",1]`},
		`F "a b" "7" "null" {"a":1} [] x y 7`: {"/v1/F", `["a b","7","null",{"a":1},[],"x","y",7]`},
		`F`:                                   {"/v1/F", `[]`},
		`T/a/b M true`:                        {"/v1/T/a%2Fb/M", `["true"]`},
		`"T/ö %?#" M x`:                       {"/v1/T/%C3%B6%20%25%3F%23/M", `["x"]`},
		`T/.. M x`:                            {"/v1/T/%2E%2E/M", `["x"]`},
		`T/k Unknown 7 x`:                     {"/v1/T/k/Unknown", `[7,"x"]`},
		`get T/a/b`:                           {"/v1/T/a%2Fb", ``},
	} {
		script, err := Parse("s", []byte("[r-1] "+line))
		require.NoError(t, err, line)
		a, err := client.Do(t.Context(), script[0])
		require.NoError(t, err)
		require.Equal(t, "1", string(a.Value))
		require.Equal(t, want, [2]string{path, body}, line)
		require.Equal(t, "Bearer secret", token)
		if !script[0].Get {
			require.Equal(t, "r-1", id)
		}
	}
}

func TestClientNeedsTheAPI(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "a teapot")
	}))
	defer server.Close()
	for _, line := range []string{"F", "get T/a"} {
		script, err := Parse("s", []byte(line))
		require.NoError(t, err)
		_, err = (&Client{Endpoint: server.URL}).Do(t.Context(), script[0])
		require.ErrorContains(t, err, "418", line)
	}
	_, err := (&Client{Endpoint: "::"}).Do(t.Context(), &Request{Get: true})
	require.ErrorContains(t, err, `endpoint "::"`)
}

func TestNewWord(t *testing.T) {
	for text, isBare := range map[string]bool{`7`: true, `x`: true, ``: true, `"7"`: false, `"`: true, `[1]`: false, `[`: true, `{"a":1}`: false, `null`: true} {
		require.Equal(t, Word{text, isBare}, NewWord(text))
	}
}

// FuzzParse checks that no script makes the reader panic, and that requests have what they need.
func FuzzParse(f *testing.F) {
	f.Add("NewUser alice 100 => alice\n[r] User/a B \"x\" {} [] => error X \"y\" # c\nget T/k => {\"a\": 1}")
	f.Fuzz(func(t *testing.T, text string) {
		script, err := Parse("s", []byte(text))
		if err != nil {
			return
		}
		for _, r := range script {
			require.True(t, r.Get || r.Name != "" || len(r.Args) >= 0)
			for _, w := range r.Args {
				require.True(t, w.Bare || json.Valid([]byte(w.Text)))
			}
			require.True(t, json.Valid(arguments(r.Args, nil)))
		}
	})
}
