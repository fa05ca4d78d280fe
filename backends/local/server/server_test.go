// This file tests the target local through its HTTP API, and its clock and records directly.

package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/runner"
)

func serve(t *testing.T, chaos bool) (*World, string) {
	p := gatewaytest.Program()
	w := New(p, slog.New(slog.DiscardHandler), Waiting)
	w.chaos = chaos
	s := httptest.NewServer(gateway.NewHandler(p, []byte("{}"), w))
	t.Cleanup(func() {
		s.Close()
		require.NoError(t, w.Close())
	})
	return w, s.URL
}

// do does a request with the headers given as name, value, …
func do(t *testing.T, method, url, body string, headers ...string) (int, http.Header, map[string]any) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	answer := map[string]any{}
	if strings.HasSuffix(resp.Header.Get("Content-Type"), "json") {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		require.NoError(t, d.Decode(&answer), "%s", text)
	}
	return resp.StatusCode, resp.Header, answer
}

func TestAPI(t *testing.T) {
	for _, chaos := range []bool{false, true} {
		_, url := serve(t, chaos)
		long := strings.Repeat("x", 513)
		for _, tc := range []struct {
			method, path, body string
			status             int
			want               string // the answer without id and title
		}{
			{"POST", "/v1/NewAccount", `["alice",100]`, 200, `{"result":"alice"}`},
			{"POST", "/v1/NewAccount", `{"balance":5,"owner":"a/b ?%."}`, 200, `{"result":"a/b ?%."}`},
			{"POST", "/v1/NewAccount", `["..",1]`, 200, `{"result":".."}`},
			{"POST", "/v1/NewCounter", `["9007199254740993"]`, 200, `{"result":9007199254740993}`},
			{"POST", "/v1/NewAccount", `["alice",1]`, 409, `{"status":409,"code":"AlreadyExists","detail":"Account/alice exists already","entity":"Account/alice","method":"NewAccount","at":"bank.go:10"}`},
			{"POST", "/v1/Account/alice/Balance", ``, 200, `{"result":100}`},
			{"POST", "/v1/Account/alice/Balance", `[]`, 200, `{"result":100}`},
			{"POST", "/v1/Account/alice/Both", `{}`, 200, `{"result":["alice",100]}`},
			{"POST", "/v1/Account/alice/Deposit", `[5]`, 200, `{"result":null}`},
			{"POST", "/v1/Account/alice/Deposit", `[-50]`, 422, `{"status":422,"code":"Application","detail":"negative amount","entity":"Account/alice","method":"Account.Deposit","at":"bank.go:30"}`},
			{"GET", "/v1/Account/alice", ``, 200, `{"state":{"owner":"alice","Balance":105}}`},
			{"GET", "/v1/Account/a%2Fb%20%3F%25%2E", ``, 200, `{"state":{"owner":"a/b ?%.","Balance":5}}`},
			{"GET", "/v1/Account/%2E%2E", ``, 200, `{"state":{"owner":"..","Balance":1}}`},
			{"GET", "/v1/Account", ``, 200, `{"position":7,"entities":[{"key":"..","state":{"owner":"..","Balance":1}},{"key":"a/b ?%.","state":{"owner":"a/b ?%.","Balance":5}},{"key":"alice","state":{"owner":"alice","Balance":105}}]}`},
			{"GET", "/v1/Account?limit=1&after=..", ``, 200, `{"position":7,"next":"a/b ?%.","entities":[{"key":"a/b ?%.","state":{"owner":"a/b ?%.","Balance":5}}]}`},
			{"GET", "/v1/Account?limit=0", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"query: limit: want 1 to 1000, got \"0\""}`},
			{"GET", "/v1/Account?x=0", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"query: unknown parameter \"x\" (want where, limit, after)"}`},
			{"GET", "/v1/Counter/9007199254740993", ``, 200, `{"state":{"id":9007199254740993,"n":0}}`},
			{"POST", "/v1/Counter/9007199254740993/Bump", ``, 200, `{"result":1}`},
			{"POST", "/v1/Counter/007/Bump", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"Counter: key \"007\" is not the decimal form of a value of type int"}`},
			{"GET", "/v1/Counter/x", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"Counter: key \"x\" is not the decimal form of a value of type int"}`},
			{"GET", "/v1/Counter/9223372036854775808", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"Counter: key \"9223372036854775808\" is not the decimal form of a value of type int"}`},
			{"GET", "/v1/Account/bob", ``, 404, `{"status":404,"code":"NotFound","detail":"Account/bob does not exist","entity":"Account/bob"}`},
			{"POST", "/v1/Account/bob/Balance", ``, 404, `{"status":404,"code":"NotFound","detail":"Account/bob does not exist","entity":"Account/bob","method":"Account.Balance","at":"bank.go:40"}`},
			{"POST", "/v1/Account//Balance", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"Account: key is empty"}`},
			{"POST", "/v1/Account/" + long + "/Balance", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"Account: key has 513 bytes, more than 512"}`},
			{"POST", "/v1/Account/%FF/Balance", ``, 400, `{"status":400,"code":"InvalidArgument","detail":"path segment \"%FF\" is not percent-encoded UTF-8"}`},
			{"POST", "/v1/NewAccount", `["",1]`, 400, `{"status":400,"code":"InvalidArgument","detail":"key is empty","method":"NewAccount","at":"bank.go:10"}`},
			{"POST", "/v1/Acount/alice/Balance", ``, 404, `{"status":404,"code":"NotFound","detail":"no entity type \"Acount\": did you mean \"Account\"?"}`},
			{"POST", "/v1/Account/alice/balance", ``, 404, `{"status":404,"code":"NotFound","detail":"Account has no method \"balance\" that can be requested: did you mean \"Balance\"?"}`},
			{"POST", "/v1/Account/alice/audit", ``, 404, `{"status":404,"code":"NotFound","detail":"Account has no method \"audit\" that can be requested: there are Balance, Both, Crash, Deposit, Repeat"}`},
			{"POST", "/v1/NewAcount", ``, 404, `{"status":404,"code":"NotFound","detail":"no function \"NewAcount\" can be requested: did you mean \"NewAccount\"?"}`},
			{"GET", "/v1/Acount", ``, 404, `{"status":404,"code":"NotFound","detail":"no entity type \"Acount\": did you mean \"Account\"?"}`},
			{"POST", "/v1/Account/alice/Deposit/x", ``, 404, `{"status":404,"code":"NotFound","detail":"no resource \"/v1/Account/alice/Deposit/x\": a path is /v1/Type/key/Method, /v1/Type/key or /v1/Function (a / in a key is written %2F)"}`},
			{"GET", "/nothing", ``, 404, `{"status":404,"code":"NotFound","detail":"no resource \"/nothing\": requests are below /v1/, their description is /openapi.json"}`},
			{"POST", "/nothing", ``, 404, `{"status":404,"code":"NotFound","detail":"no resource \"/nothing\": requests are below /v1/, their description is /openapi.json"}`},
			{"GET", "/v1/Account/alice/Balance", ``, 405, `{"status":405,"code":"InvalidArgument","detail":"method GET is not for this resource: it takes POST"}`},
			{"POST", "/v1/Account", ``, 405, `{"status":405,"code":"InvalidArgument","detail":"method POST is not for this resource: it takes GET, HEAD"}`},
			{"POST", "/v1/Account/alice/Deposit", `[]`, 400, `{"status":400,"code":"InvalidArgument","detail":"arguments of Account.Deposit: want 1 argument (amount), got 0","entity":"Account/alice","method":"Account.Deposit"}`},
			{"POST", "/v1/Account/alice/Deposit", `["x"]`, 400, `{"status":400,"code":"InvalidArgument","detail":"arguments of Account.Deposit: amount: want an integer, got \"x\"","entity":"Account/alice","method":"Account.Deposit"}`},
			{"POST", "/v1/Account/alice/Deposit", `{"amont":1}`, 400, `{"status":400,"code":"InvalidArgument","detail":"arguments of Account.Deposit: unknown argument \"amont\" (want amount)","entity":"Account/alice","method":"Account.Deposit"}`},
			{"POST", "/v1/Account/alice/Deposit", `["` + strings.Repeat("x", gateway.MaxMessage) + `"]`, 413, `{"status":413,"code":"LimitExceeded","detail":"the body passes 1048576 bytes","entity":"Account/alice","method":"Account.Deposit"}`},
			{"POST", "/v1/Account/alice/Crash", ``, 422, `{"status":422,"code":"Panic","detail":"out of <order>","entity":"Account/alice","method":"Account.Crash"}`},
			{"POST", "/v1/Account/alice/Repeat", `[500000]`, 413, `{"status":413,"code":"LimitExceeded","detail":"result: the JSON text passes 1048576 bytes","entity":"Account/alice","method":"Account.Repeat","at":"bank.go:60"}`},
			{"GET", "/v1/Account/alice", ``, 200, `{"state":{"owner":"alice","Balance":105}}`},
			{"GET", "/healthz", ``, 200, ``},
			{"GET", "/readyz", ``, 200, ``},
		} {
			status, _, answer := do(t, tc.method, url+tc.path, tc.body)
			require.Equal(t, tc.status, status, "%s %.80s %v", tc.method, tc.path, answer)
			if tc.want == "" {
				continue
			}
			if status != 200 {
				require.NotEmpty(t, answer["title"])
			}
			delete(answer, "id")
			delete(answer, "title")
			if at, ok := answer["at"].(string); ok && !strings.HasPrefix(at, "bank.go:") {
				delete(answer, "at") // the program is written by hand: its panics have no place in a user's file
			}
			got, err := json.Marshal(answer)
			require.NoError(t, err)
			require.JSONEq(t, withoutPlace(t, tc.want, answer), string(got), "%s %.80s", tc.method, tc.path)
		}
	}
}

// withoutPlace drops the place from what is wanted if the answer has none.
func withoutPlace(t *testing.T, want string, answer map[string]any) string {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(want))
	d.UseNumber()
	require.NoError(t, d.Decode(&m))
	if _, ok := answer["at"]; !ok {
		delete(m, "at")
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	return string(text)
}

func TestRequestIDs(t *testing.T) {
	w, url := serve(t, false)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var mu sync.Mutex
	w.clock = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	later := func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
	id := func(s string) []string { return []string{gateway.HeaderID, s} }
	_, _, a := do(t, "POST", url+"/v1/NewAccount", `["alice",1]`)
	require.Contains(t, a["id"], "auto-")
	made := a["id"].(string)

	deposit := url + "/v1/Account/alice/Deposit"
	for range 3 { // takes effect once, whatever form the arguments have
		for _, body := range []string{`[5]`, `{"amount":"5"}`} {
			status, _, a := do(t, "POST", deposit, body, id("r-1")...)
			require.Equal(t, 200, status)
			require.Equal(t, map[string]any{"id": "r-1", "result": nil}, a)
		}
	}
	for _, other := range [][2]string{{deposit, `[6]`}, {url + "/v1/Account/bob/Deposit", `[5]`}, {url + "/v1/NewCounter", `[5]`}} {
		status, _, a := do(t, "POST", other[0], other[1], id("r-1")...)
		require.Equal(t, 400, status)
		require.Equal(t, `request id "r-1" was used for another request`, a["detail"])
	}
	_, _, a = do(t, "GET", url+"/v1/Account/alice", "")
	require.Equal(t, map[string]any{"owner": "alice", "Balance": json.Number("6")}, a["state"])

	// A failure is recorded too, and asked again it is the same although it would now succeed.
	for range 2 {
		status, _, _ := do(t, "POST", url+"/v1/Account/bob/Deposit", `[5]`, id("r-2")...)
		require.Equal(t, 404, status)
		do(t, "POST", url+"/v1/NewAccount", `["bob",1]`)
	}
	status, _, a := do(t, "GET", url+"/v1/requests/r-2", "")
	require.Equal(t, 404, status)
	require.Equal(t, "r-2", a["id"])
	require.Equal(t, "Account/bob does not exist", a["detail"])
	require.Equal(t, map[string]any{
		"position": json.Number("3"), "time": "2026-01-02T03:04:05Z", "method": "Account.Deposit", "entity": "Account/bob",
		"arguments": map[string]any{"amount": json.Number("5")}, "changed": []any{},
	}, a["record"])

	// What is read only, and what is refused before it starts, is not recorded.
	_, _, a = do(t, "POST", url+"/v1/Account/alice/Balance", ``, id("r-3")...)
	require.Equal(t, json.Number("6"), a["result"])
	do(t, "POST", deposit, `[1]`)
	_, _, a = do(t, "POST", url+"/v1/Account/alice/Balance", ``, id("r-3")...)
	require.Equal(t, json.Number("7"), a["result"])
	status, _, _ = do(t, "POST", deposit, `["x"]`, id("r-4")...)
	require.Equal(t, 400, status)
	for _, unknown := range []string{"r-3", "r-4", "r-5"} {
		status, _, a = do(t, "GET", url+"/v1/requests/"+unknown, "")
		require.Equal(t, 404, status)
		require.Equal(t, `no request "`+unknown+`" is recorded`, a["detail"])
	}

	_, _, a = do(t, "GET", url+"/v1/requests/"+made, "")
	require.Equal(t, map[string]any{"id": made, "result": "alice", "record": map[string]any{
		"position": json.Number("1"), "time": "2026-01-02T03:04:05Z", "method": "NewAccount",
		"arguments": map[string]any{"owner": "alice", "balance": json.Number("1")}, "changed": []any{"Account/alice"},
	}}, a)
	status, _, a = do(t, "POST", url+"/v1/NewAccount", `["alice",1]`, id(made)...)
	require.Equal(t, 200, status, "asked again with the id that was made")
	require.Equal(t, "alice", a["result"])

	later(Horizon + time.Second)
	status, _, _ = do(t, "POST", deposit, `[5]`, id("r-1")...)
	require.Equal(t, 410, status)
	status, _, _ = do(t, "GET", url+"/v1/requests/r-1", "")
	require.Equal(t, 410, status)
	status, _, _ = do(t, "GET", url+"/v1/requests/"+made, "")
	require.Equal(t, 404, status)
	status, _, _ = do(t, "POST", url+"/v1/NewAccount", `["carol",1]`, id(gateway.NewID(w.clock().Add(-Horizon-time.Second)))...)
	require.Equal(t, 410, status, "an id that was made so long ago may have run")
	status, _, _ = do(t, "POST", url+"/v1/NewAccount", `["carol",1]`, id(gateway.NewID(w.clock()))...)
	require.Equal(t, 200, status)
	_, _, a = do(t, "GET", url+"/v1/Account/alice", "")
	require.Equal(t, json.Number("7"), a["state"].(map[string]any)["Balance"])
	later(-72 * time.Hour) // a clock that is set back forgets nothing
	status, _, _ = do(t, "POST", deposit, `[5]`, id("r-1")...)
	require.Equal(t, 410, status)
}

func TestBadHeaders(t *testing.T) {
	_, url := serve(t, false)
	do(t, "POST", url+"/v1/NewAccount", `["alice",1]`)
	for _, tc := range []struct {
		status  int
		headers []string
	}{
		{400, []string{gateway.HeaderID, ""}}, {400, []string{gateway.HeaderID, "a b"}}, {400, []string{gateway.HeaderID, strings.Repeat("x", 256)}},
		{400, []string{gateway.HeaderID, "a", gateway.HeaderID, "b"}}, {200, []string{gateway.HeaderID, strings.Repeat("x", 255)}},
		{400, []string{gateway.HeaderDeadline, "soon"}}, {504, []string{gateway.HeaderDeadline, "2020-01-01T00:00:00Z"}},
		{200, []string{gateway.HeaderDeadline, "2999-01-01T00:00:00+02:00"}},
	} {
		status, _, a := do(t, "POST", url+"/v1/Account/alice/Deposit", `[1]`, tc.headers...)
		require.Equal(t, tc.status, status, "%.60v %v", tc.headers, a)
	}
	_, _, a := do(t, "GET", url+"/v1/Account/alice", "")
	require.Equal(t, json.Number("3"), a["state"].(map[string]any)["Balance"])
}

// hold keeps the world's goroutine busy until release is called.
func hold(t *testing.T, w *World) (release func()) {
	block, busy := make(chan struct{}), make(chan struct{})
	w.turns <- func() { close(busy); <-block }
	<-busy
	return func() { close(block) }
}

func TestWaiting(t *testing.T) {
	w, url := serve(t, false)
	release := hold(t, w)
	// Nobody answers in time: the outcome is unknown.
	soon := time.Now().Add(50 * time.Millisecond).UTC().Format(time.RFC3339Nano)
	status, h, a := do(t, "POST", url+"/v1/NewAccount", `["alice",1]`, gateway.HeaderDeadline, soon, gateway.HeaderID, "r-1")
	require.Equal(t, 503, status)
	require.Equal(t, "1", h.Get("Retry-After"))
	require.Equal(t, "Unavailable", a["code"])
	for len(w.turns) < Waiting {
		w.turns <- func() {}
	}
	status, h, a = do(t, "GET", url+"/v1/Account/alice", "")
	require.Equal(t, 429, status)
	require.Equal(t, "1", h.Get("Retry-After"))
	require.Equal(t, "Overloaded", a["code"])
	release()
	require.Eventually(t, func() bool { return len(w.turns) == 0 }, 10*time.Second, time.Millisecond)
	// The deadline had passed when its turn came: it was refused, and is not recorded.
	status, _, _ = do(t, "GET", url+"/v1/requests/r-1", "")
	require.Equal(t, 404, status)
	status, _, _ = do(t, "POST", url+"/v1/NewAccount", `["alice",1]`, gateway.HeaderID, "r-1")
	require.Equal(t, 200, status)
}

func TestTogetherOnceEach(t *testing.T) {
	_, url := serve(t, false)
	do(t, "POST", url+"/v1/NewCounter", `[1]`)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for range 50 {
		wg.Go(func() {
			_, _, a := do(t, "POST", url+"/v1/Counter/1/Bump", ``)
			mu.Lock()
			defer mu.Unlock()
			seen[a["result"].(json.Number).String()] = true
		})
	}
	wg.Wait()
	require.Len(t, seen, 50) // 1 … 50, each once
}

func TestRunServes(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var log bytes.Buffer
	ended := make(chan int, 1)
	target := Target(gatewaytest.Program(), gatewaytest.Text(), runner.Limits{})
	go func() {
		ended <- gateway.Run(ctx, target, []string{"--listen", "127.0.0.1:0", "--data", "d", "--chaos"}, in, &log)
	}()
	line := make([]byte, 100)
	n, err := out.Read(line)
	require.NoError(t, err)
	url, ok := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "listening on ")
	require.True(t, ok, "%s", line[:n])
	status, _, _ := do(t, "POST", url+"/v1/NewAccount", `["alice",1]`)
	require.Equal(t, 200, status)
	status, _, doc := do(t, "GET", url+"/openapi.json", "")
	require.Equal(t, 200, status)
	require.Equal(t, "3.0.3", doc["openapi"])
	stop()
	require.Equal(t, 0, <-ended)
	require.Contains(t, log.String(), "keeps nothing")
	_, err = http.Get(url + "/healthz")
	require.Error(t, err)
}

func TestLimits(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	target := Target(gatewaytest.Program(), gatewaytest.Text(), runner.Limits{Message: 40, State: 30})
	go func() {
		ended <- gateway.Run(ctx, target, []string{"--listen", "127.0.0.1:0"}, in, io.Discard)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	url := strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	for _, tc := range []struct {
		path, body string
		status     int
		detail     string
	}{
		{"/v1/NewAccount", `["alice",1]`, 200, ""},
		{"/v1/NewAccount", `["` + strings.Repeat("a", 36) + `",1]`, 413, "the body passes 40 bytes"},
		{"/v1/NewAccount", `["` + strings.Repeat("a", 30) + `",1]`, 413, "state"},
		{"/v1/Account/alice/Repeat", `[6]`, 200, ""},
		{"/v1/Account/alice/Repeat", `[7]`, 413, "result: "}, // 6 bytes each and two quotes,
	} {
		status, _, answer := do(t, "POST", url+tc.path, tc.body)
		require.Equal(t, tc.status, status, "%s %s: %v", tc.path, tc.body, answer)
		if tc.status != 200 {
			require.Equal(t, "LimitExceeded", answer["code"])
			require.Contains(t, answer["detail"], tc.detail)
		}
	}
	stop()
	require.Equal(t, 0, <-ended)
}

func TestChaosFlag(t *testing.T) {
	target := Target(gatewaytest.Program(), gatewaytest.Text(), runner.Limits{})
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	target.Flags(fs)
	require.NoError(t, fs.Parse([]string{"--chaos"}))
	w, err := target.Open(gateway.Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.True(t, w.(*World).chaos)
	require.NoError(t, w.Close())
}

// TestMain sets the zone before any goroutine reads the time: Run would set it beside the servers of other tests.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}
