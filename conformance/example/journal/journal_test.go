// This file tests what the journal keeps, and what it refuses to read.

package journal

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// open serves a journal; stop closes it.
func open(t *testing.T, path string) (url string, stop func()) {
	p := gatewaytest.Program()
	x, err := Open(path, p, gateway.Options{Log: slog.New(slog.DiscardHandler)}, 10)
	require.NoError(t, err)
	s := httptest.NewServer(gateway.NewHandler(p, []byte("{}"), x))
	return s.URL, func() {
		s.Close()
		require.NoError(t, x.Close())
	}
}

// ask makes a request and gives the answer's JSON, shortened to what says most.
func ask(t *testing.T, method, url, body, id string) string {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	if id != "" {
		req.Header.Set(gateway.HeaderID, id)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var a struct {
		Result, State json.RawMessage
		Code, Detail  string
	}
	require.NoError(t, json.Unmarshal(text, &a), "%s", text)
	if a.Code != "" {
		return a.Code + " " + a.Detail
	}
	return string(bytes.Join([][]byte{a.Result, a.State}, nil))
}

func TestJournalIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "journal")
	url, stop := open(t, path)
	require.Equal(t, `"a b"`, ask(t, "POST", url+"/v1/NewAccount", `["a b", 10]`, "r-1"))
	require.Equal(t, `null`, ask(t, "POST", url+"/v1/Account/a%20b/Deposit", `[5]`, "r-2"))
	require.Equal(t, `Application negative amount`, ask(t, "POST", url+"/v1/Account/a%20b/Deposit", `[-100]`, "r-3"))
	stop()

	for range 2 { // starting changes nothing
		url, stop = open(t, path)
		require.Equal(t, `{"owner":"a b","Balance":15}`, ask(t, "GET", url+"/v1/Account/a%20b", "", ""))
		require.Equal(t, `"a b"`, ask(t, "POST", url+"/v1/NewAccount", `{"balance":10,"owner":"a b"}`, "r-1"))
		require.Equal(t, `null`, ask(t, "POST", url+"/v1/Account/a%20b/Deposit", `[5]`, "r-2"))
		require.Equal(t, `Application negative amount`, ask(t, "POST", url+"/v1/Account/a%20b/Deposit", `[-100]`, "r-3"))
		require.Equal(t, `InvalidArgument request id "r-2" was used for another request`, ask(t, "POST", url+"/v1/Account/a%20b/Deposit", `[6]`, "r-2"))
		require.Equal(t, `null`, ask(t, "GET", url+"/v1/requests/r-2", "", ""))
		stop()
	}
}

// TestDamage changes each byte of a journal, and cuts it off everywhere: what remains is never read as something else.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal")
	url, stop := open(t, path)
	ask(t, "POST", url+"/v1/NewAccount", `["a", 10]`, "r-1")
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	ask(t, "POST", url+"/v1/Account/a/Deposit", `[5]`, "r-2")
	stop()
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	p := gatewaytest.Program()
	count := func(text []byte) (int, error) {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		n := 0
		j, err := openFile(path, p, func(*entry) error { n++; return nil })
		if err == nil {
			require.NoError(t, j.close())
		}
		return n, err
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		n, err := count(flipped)
		if i == len(whole)-1 { // the last line feed: as if the last append had been cut off
			require.NoError(t, err)
			require.Equal(t, 1, n)
			continue
		}
		require.Error(t, err, "byte %d", i)
	}
	for i := range whole {
		n, err := count(whole[:i])
		require.NoError(t, err, "cut at %d", i)
		if i < len(before) {
			require.Zero(t, n)
		} else {
			require.Equal(t, 1, n)
		}
	}
}

func TestOthersAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	_, stop := open(t, path)
	p := gatewaytest.Program()
	_, err := Open(path, p, gateway.Options{}, 10)
	require.ErrorContains(t, err, "in use by another process")
	stop()
	p.ID, p.Hash = "example.com/other", "0123456789"
	_, err = Open(path, p, gateway.Options{}, 10)
	require.ErrorContains(t, err, `line 1: it holds the requests of program "`)
	require.ErrorContains(t, err, `not of "example.com/other" (01234567)`)
}
