// This file stands between clients and the HTTP API of a good target, and changes what they send and what they are
// answered.

package broken

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stateful-entities/sfc/backends/gateway"
)

// A front changes what comes and what is answered; either may be nil.
type front struct {
	ask    func(r *http.Request, token string) // token is one that is let in, "" if nobody is asked
	answer func(r *http.Response)
}

// serveBehind serves a target behind the front of the fault that the command line names, and gives the exit code. It says
// false if there is no such front.
func serveBehind(t gateway.Target, args []string) (code int, served bool) {
	var s settings
	var listen, data, tokens string
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s.define(flags)
	flags.StringVar(&listen, "listen", "", "")
	flags.StringVar(&data, "data", "", "")
	flags.StringVar(&tokens, "token-file", "", "")
	if flags.Parse(args) != nil {
		return 0, false // the gateway says what is wrong
	}
	fault, err := find(s.fault)
	if err != nil || fault.front == nil {
		return 0, false
	}
	f := fault.front()
	return f.serve(t, append(args, "--listen", "127.0.0.1:0"), listen, lastLine(tokens)), true
}

// lastLine reads the last line of a file, "" if there is none.
func lastLine(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// serve runs the target with args, and forwards what comes to listen.
func (f *front) serve(t gateway.Target, args []string, listen, token string) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	in, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- gateway.Run(ctx, t, args, out, os.Stderr)
		out.Close()
	}()
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		return <-ended
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	server := &http.Server{Handler: f.handler(strings.TrimSpace(strings.TrimPrefix(line, "listening on ")), token)}
	go server.Serve(listener)
	fmt.Printf("listening on http://%s\n", listener.Addr())
	code = <-ended
	late, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	server.Shutdown(late)
	return code
}

func (f *front) handler(behind, token string) http.Handler {
	to, err := url.Parse(behind)
	if err != nil {
		panic(err) // the gateway wrote it
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			if f.ask != nil {
				f.ask(r.Out, token)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if f.answer != nil {
				f.answer(r)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

// bodyOf reads an answer's body, which can be read again.
func bodyOf(r *http.Response) []byte {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	setBody(r, text)
	return text
}

func setBody(r *http.Response, text []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
}

// codeOf gives the code of an error answer, "" for any other.
func codeOf(r *http.Response) string {
	if r.StatusCode < 400 {
		return ""
	}
	var p gateway.Problem
	if json.Unmarshal(bodyOf(r), &p) != nil {
		return ""
	}
	return p.Code
}

// succeed makes an answer that of a request without results.
func succeed(r *http.Response) {
	id, _ := json.Marshal(r.Request.Header.Get(gateway.HeaderID)) // text
	r.StatusCode, r.Status = http.StatusOK, ""
	r.Header.Set("Content-Type", "application/json")
	setBody(r, fmt.Appendf(nil, `{"id":%s,"result":null}`, id))
}
