// This file decides who may send requests.

package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
)

// readTokens reads a file of bearer tokens, one a line; lines that begin with # are comments.
func readTokens(file string) ([]string, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	var tokens []string
	for _, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			tokens = append(tokens, line)
		}
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("token file %q holds no token", file)
	}
	return tokens, nil
}

// readCertificate reads what HTTPS is served with; nil without files: HTTP.
func readCertificate(cert, key string) (*tls.Config, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, errors.New("--tls-cert and --tls-key belong together")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %q with key %q: %w", cert, key, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// checkListen refuses to serve other machines without knowing who asks.
func checkListen(f flags, tokens []string) error {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return fmt.Errorf("--listen: want host:port, got %q", f.listen)
	}
	if isLoopback(host) || f.insecure || len(tokens) > 0 || f.tlsCert != "" {
		return nil
	}
	return errors.New("--listen " + f.listen + " can be reached from other machines: add --token-file FILE, --tls-cert and --tls-key, or --insecure to serve anybody")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// guard says who is let in.
type guard struct {
	tokens []string // one of them must be shown; none: nobody is asked
	// local refuses requests to a name that is not this machine's own. A web page can give its own name the address of
	// this machine, and is of the same origin then.
	local bool
}

func newGuard(f flags, tokens []string) guard {
	host, _, err := net.SplitHostPort(f.listen)
	return guard{tokens, err == nil && isLoopback(host) && len(tokens) == 0 && !f.insecure}
}

// isNamed says whether a request is to a name, and not to an address or to localhost.
func isNamed(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host != "" && host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil
}

// protect refuses requests of web pages of other origins, and those that the guard does not let in.
func (g guard) protect(h http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.local && isNamed(r) {
			writeProblem(w, Errorf("Unauthenticated", "%q is not this machine: with --token-file FILE, or --insecure, a program has any name", r.Host), "")
			return
		}
		if err := crossOrigin.Check(r); err != nil {
			writeProblem(w, Errorf("Unauthenticated", "requests of web pages of other origins are refused"), "")
			return
		}
		if len(g.tokens) > 0 && !open(r) && !known(r, g.tokens) {
			writeProblem(w, Errorf("Unauthenticated", "want the header Authorization: Bearer TOKEN"), "")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// open says whether a resource tells nothing about the application.
func open(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// known says whether a request carries one of the tokens. The time it takes depends on none of them: their hashes are
// compared, all of them, each in constant time.
func known(r *http.Request, tokens []string) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	ok := strings.EqualFold(scheme, "Bearer") // RFC 9110, section 11.1
	sum := sha256.Sum256([]byte(given))
	found := 0
	for _, t := range tokens {
		want := sha256.Sum256([]byte(t))
		found |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return ok && found == 1
}
