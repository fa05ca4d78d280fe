// This file tests serving: HTTPS, and who is let in where.

package gateway

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
)

// closing is an executor that can only be closed.
type closing struct{ Executor }

func (closing) Close() error { return nil }

func testTarget(open func(Options) (Executor, error)) Target {
	return Target{Name: "test", Program: gatewaytest.Program(), IR: gatewaytest.Text(), Open: open}
}

// running is a program that serves in this process.
type running struct {
	url    string
	client *http.Client
	cancel func()
	code   chan int
}

func start(t *testing.T, target Target, args ...string) *running {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	s := &running{client: &http.Client{Transport: &http.Transport{}}, cancel: cancel, code: make(chan int, 1)}
	go func() { s.code <- Run(ctx, target, args, writer, io.Discard) }()
	line, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err)
	s.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return s
}

func (s *running) get(t *testing.T, path string) (int, string) {
	resp, err := s.client.Get(s.url + path)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func (s *running) stop(t *testing.T) {
	s.client.CloseIdleConnections()
	s.cancel()
	require.Equal(t, 0, <-s.code)
}

// certificate writes a self-signed certificate for 127.0.0.1 and its key.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sfc test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	text, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}), 0o600))
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

func TestHTTPS(t *testing.T) {
	cert, key, pool := certificate(t)
	target := testTarget(func(Options) (Executor, error) { return closing{}, nil })
	s := start(t, target, "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
	require.True(t, strings.HasPrefix(s.url, "https://127.0.0.1:"), s.url)
	s.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	status, body := s.get(t, "/readyz")
	require.Equal(t, 200, status)
	require.Equal(t, "ready\n", body)

	_, err := http.Get(s.url + "/readyz")
	require.ErrorContains(t, err, "certificate", "who does not know the certificate does not go on")
	resp, err := http.Get("http" + strings.TrimPrefix(s.url, "https") + "/readyz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 400, resp.StatusCode, "plain HTTP is not served beside HTTPS")
	s.stop(t)
}

func TestCertificate(t *testing.T) {
	cert, key, _ := certificate(t)
	for _, tc := range []struct{ cert, key, want string }{
		{cert, "", "--tls-cert and --tls-key belong together"}, {"", key, "belong together"},
		{cert, cert, "private key"}, {key, key, "certificate"}, {cert + "x", key, "no such file"},
	} {
		_, err := readCertificate(tc.cert, tc.key)
		require.ErrorContains(t, err, tc.want)
	}
	_, otherKey, _ := certificate(t)
	_, err := readCertificate(cert, otherKey)
	require.ErrorContains(t, err, "does not match")
	config, err := readCertificate("", "")
	require.NoError(t, err)
	require.Nil(t, config)
}

func TestDefaultsOfFlags(t *testing.T) {
	var speed string
	target := testTarget(func(Options) (Executor, error) { return nil, errors.New("opened with speed " + speed) })
	target.Flags = func(fs *flag.FlagSet) {
		fs.Func("speed", "", func(value string) error {
			if speed = value; speed == "none" {
				return errors.New("too slow")
			}
			return nil
		})
	}
	for _, tc := range []struct {
		defaults map[string]string
		args     []string
		code     int
		text     string
	}{
		{map[string]string{"speed": "high"}, nil, 1, "opened with speed high"},
		{map[string]string{"speed": "high"}, []string{"--speed", "low"}, 1, "opened with speed low"},
		{map[string]string{"speed": "none"}, nil, 2, "option speed of target test: too slow"},
		{map[string]string{"sped": "high"}, nil, 2, "option sped of target test: no such flag"},
	} {
		target.Defaults = tc.defaults
		var log strings.Builder
		require.Equal(t, tc.code, Run(t.Context(), target, append([]string{"--listen", "127.0.0.1:0"}, tc.args...), io.Discard, &log))
		require.Contains(t, log.String(), tc.text)
	}
}

// A web page whose name is given the address of this machine is of the same origin as the program.
func TestNamesThatAreGivenThisMachinesAddress(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, tc := range []struct {
		f      flags
		tokens []string
		host   string
		status int
	}{
		{flags{listen: "127.0.0.1:8484"}, nil, "127.0.0.1:8484", 204}, {flags{listen: "127.0.0.1:8484"}, nil, "localhost:8484", 204},
		{flags{listen: "[::1]:8484"}, nil, "[::1]:8484", 204}, {flags{listen: "[::1]:80"}, nil, "[::1]", 204},
		{flags{listen: "localhost:8484"}, nil, "evil.example:8484", 401}, {flags{listen: "127.0.0.1:8484"}, nil, "evil.example", 401},
		{flags{listen: "127.0.0.1:8484"}, nil, "127.0.0.1.evil.example", 401}, {flags{listen: "127.0.0.1:8484"}, nil, "", 204},
		{flags{listen: "127.0.0.1:8484", insecure: true}, nil, "app.example", 204},
		{flags{listen: "127.0.0.1:8484"}, []string{"s"}, "app.example", 204},
		{flags{listen: "0.0.0.0:8484", tlsCert: "c", tlsKey: "k"}, nil, "app.example", 204},
	} {
		r := httptest.NewRequest("POST", "/v1/X", nil)
		r.Host = tc.host
		r.Header.Set("Authorization", "Bearer s")
		w := httptest.NewRecorder()
		newGuard(tc.f, tc.tokens).protect(ok).ServeHTTP(w, r)
		require.Equal(t, tc.status, w.Code, "%+v", tc)
	}
}
