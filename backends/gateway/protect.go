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
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() || f.insecure || len(tokens) > 0 || f.tlsCert != "" {
		return nil
	}
	return errors.New("--listen " + f.listen + " can be reached from other machines: add --token-file FILE, --tls-cert and --tls-key, or --insecure to serve anybody")
}

// protect refuses requests of web pages of other origins, and, if there are tokens, those without one of them.
func protect(h http.Handler, tokens []string) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := crossOrigin.Check(r); err != nil {
			writeProblem(w, Errorf("Unauthenticated", "requests of web pages of other origins are refused"), "")
			return
		}
		if len(tokens) > 0 && !open(r) && !known(r, tokens) {
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
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(given))
	found := 0
	for _, t := range tokens {
		want := sha256.Sum256([]byte(t))
		found |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return ok && found == 1
}
