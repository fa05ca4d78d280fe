// This file is the program of a bundle: flags, listening, stopping.

package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// Target is what a bundle's program runs.
type Target struct {
	Name     string
	Program  *runner.Program
	IR       []byte                 // the program, in JSON
	Limits   runner.Limits          // of each request; zero fields mean the defaults
	Flags    func(fs *flag.FlagSet) // the target's own flags; nil: none
	Defaults map[string]string      // values of those flags, unless the command line gives others
	Open     func(Options) (Executor, error)
}

// Options are what an executor is opened with.
type Options struct {
	Data    string // folder for what outlives the process
	Limits  runner.Limits
	Log     *slog.Logger
	Metrics prometheus.Registerer // for the executor's own; nil: it keeps none
}

// flags are the flags that every bundle's program takes.
type flags struct {
	listen, data, tokenFile string
	tlsCert, tlsKey         string
	insecure                bool
}

func parse(t Target, args []string, stderr io.Writer) (flags, error) {
	var f flags
	fs := flag.NewFlagSet(t.Program.Name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&f.listen, "listen", "127.0.0.1:8484", "`host:port` to serve on; port 0 picks a free one")
	fs.StringVar(&f.data, "data", "", "`folder` for what outlives the process")
	fs.StringVar(&f.tokenFile, "token-file", "", "`file` with bearer tokens, one a line; without it nobody is asked who they are")
	fs.StringVar(&f.tlsCert, "tls-cert", "", "`file` with the certificate chain to serve HTTPS with, in PEM")
	fs.StringVar(&f.tlsKey, "tls-key", "", "`file` with the certificate's key, in PEM")
	fs.BoolVar(&f.insecure, "insecure", false, "serve beyond this machine without tokens or HTTPS")
	if t.Flags != nil {
		t.Flags(fs)
	}
	for name, value := range t.Defaults {
		if err := fs.Set(name, value); err != nil {
			fmt.Fprintf(stderr, "option %s of target %s: %v\n", name, t.Name, err)
			return f, err
		}
	}
	if err := fs.Parse(args); err != nil {
		return f, err
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "unexpected argument %q\n", fs.Arg(0))
		return f, errors.New("usage")
	}
	return f, nil
}

// Main runs a bundle's program with the process's arguments and ends the process: 0 when stopped by SIGINT or SIGTERM,
// 2 for wrong usage, 1 for other problems.
func Main(t Target) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Run(ctx, t, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Run serves until ctx ends and returns the exit code. It writes "listening on http://…" to stdout when it is ready.
func Run(ctx context.Context, t Target, args []string, stdout, stderr io.Writer) int {
	if time.Local != time.UTC { // set once, before anything reads the time
		time.Local = time.UTC
	}
	f, err := parse(t, args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if err := serve(ctx, t, f, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", t.Program.Name, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, t Target, f flags, stdout, stderr io.Writer) error {
	tokens, err := readTokens(f.tokenFile)
	if err != nil {
		return err
	}
	certificate, err := readCertificate(f.tlsCert, f.tlsKey)
	if err != nil {
		return err
	}
	if err := checkListen(f, tokens); err != nil {
		return err
	}
	program, err := ir.Decode(t.IR, "program.ir.json")
	if err != nil {
		return fmt.Errorf("the program's IR: %w", err)
	}
	openAPI, err := OpenAPI(program)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	m := newMetrics()
	exec, err := t.Open(Options{Data: f.data, Limits: t.Limits, Log: log, Metrics: m.registry})
	if err != nil {
		listener.Close()
		return err
	}
	h := NewHandler(t.Program, openAPI, exec)
	h.metrics, h.target, h.data = m, t.Name, f.data
	if err := removeHalfBackups(f.data); err != nil {
		log.Warn("what an earlier backup has left stays", "error", err)
	}
	h.longest = int64(t.Limits.OrDefault().Message)
	scheme := "http"
	if certificate != nil {
		scheme = "https"
	}
	fmt.Fprintf(stdout, "listening on %s://%s\n", scheme, listener.Addr())
	return errors.Join(serveHTTP(ctx, h, newGuard(f, tokens).protect(h), listener, certificate, log), exec.Close())
}

// Bounds of one connection. A request runs in milliseconds; what takes longer waits for others.
const (
	readTimeout  = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	stopTimeout  = 15 * time.Second
	maxHeaderLen = 64 << 10
)

// serveHTTP serves until ctx ends, then lets the requests under way finish.
func serveHTTP(ctx context.Context, h *Handler, protected http.Handler, l net.Listener, certificate *tls.Config, log *slog.Logger) error {
	var stopping atomic.Bool
	h.stopping = stopping.Load
	server := &http.Server{
		Handler:           protected,
		ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderLen,
		TLSConfig: certificate, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() {
		if certificate != nil {
			failed <- server.ServeTLS(l, "", "")
		} else {
			failed <- server.Serve(l)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping.Store(true)
	end, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return server.Shutdown(end)
}
