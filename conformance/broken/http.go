// This file has the faults of the HTTP API.

package broken

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
)

func httpFaults() []Fault {
	return []Fault{
		{Name: "succeeds_at_the_invalid", Says: "what is refused as InvalidArgument is answered as done", front: answering(func(r *http.Response) {
			if codeOf(r) == "InvalidArgument" && r.StatusCode == http.StatusBadRequest {
				succeed(r)
			}
		})},
		{Name: "succeeds_beyond_limits", Says: "what passes a limit is answered as done", front: answering(func(r *http.Response) {
			if codeOf(r) == "LimitExceeded" {
				succeed(r)
			}
		})},
		{Name: "succeeds_at_the_second", Says: "a creation of what exists is answered as done", front: answering(func(r *http.Response) {
			if codeOf(r) == "AlreadyExists" {
				succeed(r)
			}
		})},
		{Name: "bare_errors", Says: "what is wrong with input is told in plain text", front: answering(func(r *http.Response) {
			if r.StatusCode == http.StatusBadRequest {
				r.Header.Set("Content-Type", "text/plain")
				setBody(r, []byte("bad request"))
			}
		})},
		{Name: "hides_allow", Says: "who uses a wrong method of HTTP is not told the right one", front: answering(func(r *http.Response) { r.Header.Del("Allow") })},
		{Name: "empty_backup", Says: "a backup is empty, whatever there is", front: answering(func(r *http.Response) {
			if r.Request.URL.Path == "/backup" {
				r.StatusCode, r.Status = http.StatusOK, ""
				setBody(r, make([]byte, 1024))
			}
		})},
		{Name: "keeps_refusals", Says: "an id whose request was refused is refused ever after", front: keepsRefusals},
		{Name: "any_token", Says: "everybody is let in", front: asking(func(r *http.Request, token string) {
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
		})},
		{Name: "any_origin", Says: "pages of other origins may send requests", front: asking(func(r *http.Request, _ string) {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
		})},
		{Name: "no_deadlines", Says: "nobody looks at deadlines", front: asking(func(r *http.Request, _ string) { r.Header.Del(gateway.HeaderDeadline) })},
		{Name: "early_deadlines", Says: "deadlines are taken to be an hour earlier", front: asking(func(r *http.Request, _ string) {
			if at, err := time.Parse(time.RFC3339Nano, r.Header.Get(gateway.HeaderDeadline)); err == nil {
				r.Header.Set(gateway.HeaderDeadline, at.Add(-time.Hour).Format(time.RFC3339Nano))
			}
		})},
		{Name: "ignores_encodings", Says: "bodies are taken as they are, whatever encoding they are said to have", front: asking(func(r *http.Request, _ string) {
			r.Header.Del("Content-Encoding")
		})},
	}
}

// answering makes a front that changes answers.
func answering(change func(*http.Response)) func() front {
	return func() front { return front{answer: change} }
}

// asking makes a front that changes requests.
func asking(change func(*http.Request, string)) func() front {
	return func() front { return front{ask: change} }
}

// keepsRefusals has ids that were refused lead nowhere.
func keepsRefusals() front {
	var guard sync.Mutex
	refused := map[string]bool{}
	return front{
		ask: func(r *http.Request, _ string) {
			guard.Lock()
			defer guard.Unlock()
			if refused[r.Header.Get(gateway.HeaderID)] {
				r.URL.Path, r.URL.RawPath = "/v1/refused", ""
			}
		},
		answer: func(r *http.Response) {
			id := r.Request.Header.Get(gateway.HeaderID)
			if code := codeOf(r); id == "" || !strings.Contains("InvalidArgument DeadlineExceeded NotFound", code) || code == "" {
				return
			}
			guard.Lock()
			defer guard.Unlock()
			refused[id] = true
		},
	}
}
