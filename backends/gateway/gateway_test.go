// This file tests the description of the API, who is let in, and the decoder of arguments.

package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/ir"
)

func validate(t *testing.T, p *ir.Program) *openapi3.T {
	text, err := OpenAPI(p)
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(context.Background()))
	return doc
}

func TestOpenAPIIsValid(t *testing.T) {
	doc := validate(t, gatewaytest.Described())
	require.Equal(t, []string{
		"/query", "/v1/Account", "/v1/Account/{key}", "/v1/Account/{key}/Balance", "/v1/Account/{key}/Both", "/v1/Account/{key}/Crash",
		"/v1/Account/{key}/Deposit", "/v1/Account/{key}/Repeat", "/v1/Counter", "/v1/Counter/{key}", "/v1/Counter/{key}/Bump",
		"/v1/NewAccount", "/v1/NewCounter", "/v1/requests/{id}",
	}, slices.Sorted(maps.Keys(doc.Paths.Map())))
	require.Equal(t, "bearer", doc.Components.SecuritySchemes["token"].Value.Scheme)
	require.Len(t, doc.Security, 2)
}

func TestOpenAPIOfEveryType(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "ir", "testdata", "shop.yaml"))
	require.NoError(t, err)
	shop, err := ir.Decode(text, "shop.yaml")
	require.NoError(t, err)
	validate(t, shop)

	p := gatewaytest.Described()
	p.Types = append(p.Types,
		&ir.TypeDef{Name: "Tree", Struct: []*ir.FieldDef{
			{Name: "Kids", Type: ir.ListType(ir.PtrType(ir.NamedType("Tree"))), Tag: `json:"kids"`}, {Name: "hidden", Type: ir.Basic(ir.Int)},
		}},
		&ir.TypeDef{Name: "Pair[int]", Struct: []*ir.FieldDef{{Name: "A", Type: ir.Basic(ir.I8)}}},
		&ir.TypeDef{Name: "Color", Is: ir.Basic(ir.U8)},
		&ir.TypeDef{Name: "Dir", Is: ir.MapType(ir.Basic(ir.String), ir.NamedType("Dir"))},
		&ir.TypeDef{Name: "Nest", Is: ir.ListType(ir.ArrayType(2, ir.NamedType("Nest")))},
		&ir.TypeDef{Name: "Chain", Is: ir.PtrType(ir.NamedType("Link"))},
		&ir.TypeDef{Name: "Link", Is: ir.PtrType(ir.NamedType("Chain"))},
		&ir.TypeDef{Name: "Shape", Iface: []*ir.Sig{{Name: "Area", Type: &ir.Type{Kind: ir.FuncKind}}}},
	)
	var params []*ir.Local
	for i, text := range []string{
		"Tree", "Pair[int]", "Color", "Shape", "list u8", "list list string", "array 3 f32", "map string ref Account", "map f64 time",
		"map ref Counter duration", "ptr Tree", "any", "error", "ref Counter", "bool", "u64", "go:math/big.Int",
		"Dir", "list Nest", "Chain", "ptr Link",
	} {
		typ, err := ir.ParseType(text)
		require.NoError(t, err)
		params = append(params, &ir.Local{Name: string(rune('a' + i)), Type: typ})
	}
	p.Funcs = append(p.Funcs, &ir.Func{Name: "All", Exported: true, Params: params, Results: params, Blocks: p.Funcs[0].Blocks})
	doc := validate(t, p)
	tree := doc.Components.Schemas["Tree.value"].Value
	require.Contains(t, tree.Properties, "kids")
	require.NotContains(t, tree.Properties, "hidden")
	require.Contains(t, doc.Components.Schemas, "Pair_int_.value")
	require.Equal(t, "#/components/schemas/Dir.value", doc.Components.Schemas["Dir.value"].Value.AdditionalProperties.Schema.Ref)
	require.Equal(t, "#/components/schemas/Nest.value", doc.Components.Schemas["Nest.value"].Value.Items.Value.Items.Ref)
	named := doc.Paths.Find("/v1/All").Post.RequestBody.Value.Content["application/json"].Schema.Value.OneOf[1].Value
	require.True(t, named.Properties["e"].Value.Type.Is("string"))
	require.Equal(t, "byte", named.Properties["e"].Value.Format)
	require.True(t, named.Properties["i"].Value.Type.Is("array"))
}

func TestOpenAPIOfVariadicFunctions(t *testing.T) {
	p := gatewaytest.Described()
	params := []*ir.Local{{Name: "sep", Type: ir.Basic(ir.String)}, {Name: "parts", Type: ir.ListType(ir.Basic(ir.Int))}}
	p.Funcs = append(p.Funcs,
		&ir.Func{Name: "Join", Exported: true, Variadic: true, Params: params, Blocks: p.Funcs[0].Blocks},
		&ir.Func{Name: "Sum", Exported: true, Variadic: true, Params: params[1:], Blocks: p.Funcs[0].Blocks},
	)
	doc := validate(t, p)
	body := func(path string) *openapi3.RequestBody { return doc.Paths.Find(path).Post.RequestBody.Value }
	join := body("/v1/Join")
	require.True(t, join.Required)
	forms := join.Content["application/json"].Schema.Value.OneOf
	for args, fine := range map[string]bool{`["-"]`: true, `["-",[1]]`: true, `[]`: false, `["-",[1],2]`: false} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(args), &v))
		require.Equal(t, fine, forms[0].Value.VisitJSON(v) == nil, args)
	}
	require.Equal(t, []string{"sep"}, forms[1].Value.Required)
	require.Contains(t, forms[1].Value.Properties, "parts")
	require.False(t, body("/v1/Sum").Required)
	text, err := json.Marshal(doc.Paths.Find("/v1/Join").Post.Extensions[ParametersKey])
	require.NoError(t, err)
	require.JSONEq(t, `[{"name":"sep","schema":{"type":"string"}},
		{"name":"parts","optional":true,"schema":{"type":"array","nullable":true,"items":{"type":"integer","format":"int64"}}}]`, string(text))
}

func TestBodiesMustBePlain(t *testing.T) {
	h := NewHandler(gatewaytest.Program(), nil, nil)
	for _, path := range []string{"/v1/NewAccount", "/v1/Account/a/Deposit", "/query"} {
		r := httptest.NewRequest("POST", path, bytes.NewReader([]byte{0x1f, 0x8b}))
		r.Header.Set("Content-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, 415, w.Code, path)
		require.Equal(t, "identity", w.Header().Get("Accept-Encoding"))
		require.Contains(t, w.Body.String(), `"status":415,"detail":"the body has Content-Encoding \"gzip\": send it as it is","code":"InvalidArgument"`)
	}
}

func TestWrongMethodsAreToldTheRight(t *testing.T) {
	h := NewHandler(gatewaytest.Program(), nil, nil)
	for _, tc := range []struct{ method, path, allow string }{
		{"GET", "/v1/NewAccount", "POST"}, {"DELETE", "/v1/Account/a/Deposit", "POST"}, {"PUT", "/v1/Account/a", "GET, HEAD"},
		{"POST", "/v1/Account", "GET, HEAD"}, {"POST", "/v1/requests/x", "GET, HEAD"}, {"GET", "/query", "POST"}, {"POST", "/backup", "GET"},
		{"OPTIONS", "/healthz", "GET, HEAD"}, {"POST", "/openapi.json", "GET, HEAD"}, {"POST", "/metrics", "GET, HEAD"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(tc.method, tc.path, nil))
		require.Equal(t, 405, w.Code, tc.path)
		require.Equal(t, tc.allow, w.Header().Get("Allow"), tc.path)
	}
	for _, path := range []string{"/", "/v1", "/v2/Account", "/v1/Acount", "/v1/NewAcount", "/v1/Account/a/b/c"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			require.Equal(t, 404, w.Code, "%s %s", method, path)
		}
	}
}

func TestListenIsForThisMachineUnlessAsked(t *testing.T) {
	for listen, fine := range map[string]bool{
		"127.0.0.1:0": true, "localhost:1": true, "[::1]:1": true, "127.9.9.9:1": true,
		":8484": false, "0.0.0.0:1": false, "192.0.2.1:1": false, "example.com:1": false, "[::]:1": false,
	} {
		require.Equal(t, fine, checkListen(flags{listen: listen}, nil) == nil, listen)
		require.NoError(t, checkListen(flags{listen: listen, insecure: true}, nil))
		require.NoError(t, checkListen(flags{listen: listen}, []string{"t"}))
		require.NoError(t, checkListen(flags{listen: listen, tlsCert: "c", tlsKey: "k"}, nil))
	}
	require.ErrorContains(t, checkListen(flags{listen: "8484"}, nil), "want host:port")
}

func TestTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	require.NoError(t, os.WriteFile(file, []byte("# ours\nfirst\n\n second \n"), 0o600))
	tokens, err := readTokens(file)
	require.NoError(t, err)
	require.Equal(t, []string{"first", "second"}, tokens)
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	h := guard{tokens: tokens}.protect(ok)
	for _, tc := range []struct {
		path, authorization string
		status              int
	}{
		{"/v1/X", "Bearer second", 204}, {"/v1/X", "Bearer first", 204}, {"/v1/X", "Bearer third", 401}, {"/v1/X", "bearer first", 204}, {"/v1/X", "first", 401},
		{"/v1/X", "", 401}, {"/openapi.json", "", 401}, {"/healthz", "", 204},
	} {
		r := httptest.NewRequest("POST", tc.path, nil)
		r.Header.Set("Authorization", tc.authorization)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, tc.status, w.Code, "%+v", tc)
	}
	require.NoError(t, os.WriteFile(file, []byte("# none\n"), 0o600))
	_, err = readTokens(file)
	require.ErrorContains(t, err, "holds no token")
	_, err = readTokens(file + "x")
	require.ErrorContains(t, err, "token file")
}

func TestWebPagesOfOthersAreRefused(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r := httptest.NewRequest("POST", "http://127.0.0.1:8484/v1/X", nil)
	r.Header.Set("Origin", "http://evil.example")
	w := httptest.NewRecorder()
	guard{}.protect(ok).ServeHTTP(w, r)
	require.Equal(t, 401, w.Code)
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
}

func TestUsage(t *testing.T) {
	target := Target{Program: gatewaytest.Program(), IR: gatewaytest.Text(), Open: func(Options) (Executor, error) { panic("must not open") }}
	for _, tc := range []struct {
		args []string
		code int
		text string
	}{
		{[]string{"--lisen", "x"}, 2, "lisen"}, {[]string{"x"}, 2, `unexpected argument "x"`}, {[]string{"-h"}, 0, "token-file"},
		{[]string{"--listen", "0.0.0.0:0"}, 1, "--insecure"}, {[]string{"--token-file", "/nowhere"}, 1, "token file"},
	} {
		var out, log bytes.Buffer
		require.Equal(t, tc.code, Run(t.Context(), target, tc.args, &out, &log))
		require.Contains(t, log.String(), tc.text)
		require.Empty(t, out.String())
	}
}

func TestDidYouMean(t *testing.T) {
	names := map[string]int{"Deposit": 1, "Balance": 1}
	for name, want := range map[string]string{
		"deposit": `: did you mean "Deposit"?`, "Depsit": `: did you mean "Deposit"?`, "Xyz": ": there are Balance, Deposit",
	} {
		require.Equal(t, want, didYouMean(name, names))
	}
	require.Equal(t, "", didYouMean("x", map[string]int{}))
}

// FuzzArguments checks that no body makes the decoder panic, and that what it accepts is accepted again as it reads.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{``, `[]`, `["alice",100]`, `{"owner":"a","balance":"5"}`, `[1e9,-0]`, `{"owner":null}`, `[[[[`, "\xff"} {
		f.Add(s)
	}
	p := gatewaytest.Program()
	h := NewHandler(p, nil, nil)
	f.Fuzz(func(t *testing.T, body string) {
		for _, fn := range p.Funcs {
			frame, fail := h.arguments(fn, []byte(body))
			if fail != nil {
				require.Equal(t, "InvalidArgument", fail.Code)
				continue
			}
			var values []json.RawMessage
			for _, a := range frame.Args() {
				text, err := h.codec.Result(pointee(a), MaxMessage)
				require.NoError(t, err)
				values = append(values, text)
			}
			again, err := json.Marshal(append([]json.RawMessage{}, values...))
			require.NoError(t, err)
			second, fail := h.arguments(fn, again)
			require.Nil(t, fail, "%s", again)
			first, err := p.EncodeFrame(frame)
			require.NoError(t, err)
			bytesAgain, err := p.EncodeFrame(second)
			require.NoError(t, err)
			require.Equal(t, first, bytesAgain)
		}
	})
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range []string{
		"InvalidArgument", "Unauthenticated", "NotFound", "Unimplemented", "AlreadyExists", "Application", "Panic", "LimitExceeded",
		"Conflict", "Expired", "DeadlineExceeded", "Overloaded", "Unavailable",
	} {
		require.NotEqual(t, 500, Status(code), code)
	}
	require.Equal(t, 500, Status("Nonsense"))
}
