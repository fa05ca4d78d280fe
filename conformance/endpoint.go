// This file makes a target of an endpoint that is running already, of whatever make.

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/backends/gateway"
)

// Endpoint is a target that runs already.
type Endpoint struct {
	url, token string
	features   backends.Features
}

// NewEndpoint makes the target of a running endpoint. Its features are what its operator says it promises; nil means
// all. token may be "".
func NewEndpoint(url, token string, promises backends.Features) *Endpoint {
	if promises == nil {
		promises = backends.AllFeatures()
	}
	return &Endpoint{url, token, promises}
}

// Name is the URL.
func (e *Endpoint) Name() string { return e.url }

// Features are what the operator says.
func (e *Endpoint) Features() backends.Features { return e.features }

// Abilities are none, requests are all that an endpoint takes; but with a token it is taken to ask for it.
func (e *Endpoint) Abilities() []Ability {
	if e.token == "" {
		return nil
	}
	return []Ability{CanGuard}
}

// Start refuses an endpoint that does not serve the suite's application.
func (e *Endpoint) Start(ctx context.Context, _ Settings) (Service, error) {
	program, err := CompileApp()
	if err != nil {
		return nil, err
	}
	want, err := gateway.OpenAPI(program)
	if err != nil {
		return nil, err
	}
	resp, got, err := e.Session().Raw(ctx, http.MethodGet, "/openapi.json", nil, nil)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s/openapi.json answers with status %d: %.200s", e.url, resp.StatusCode, got)
	}
	return e, sameAPI(want, got)
}

// Session gives a client.
func (e *Endpoint) Session() Session { return newSession(func() string { return e.url }, e.token) }

// Stop does nothing: it was not started.
func (e *Endpoint) Stop() error { return nil }

// sameAPI compares two descriptions: paths and components must be equal, whatever their other members say.
func sameAPI(want, got []byte) error {
	var w, g map[string]any
	if err := readNumbers(want, &w); err != nil {
		return err
	}
	if err := readNumbers(got, &g); err != nil {
		return fmt.Errorf("the endpoint's /openapi.json is no JSON object: %w", err)
	}
	for _, part := range []string{"paths", "components"} {
		if at := differ(w[part], g[part], part); at != "" {
			return fmt.Errorf("the endpoint does not serve the suite's application (sfc conformance --emit-app writes it): its /openapi.json differs at %s", at)
		}
	}
	return nil
}

func readNumbers(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// differ gives the place of the first difference, "" if there is none.
func differ(want, got any, at string) string {
	w, isObject := want.(map[string]any)
	g, alsoObject := got.(map[string]any)
	if !isObject || !alsoObject {
		if reflect.DeepEqual(want, got) {
			return ""
		}
		return fmt.Sprintf("%s: want %s, got %s", at, short(want), short(got))
	}
	for _, name := range names(w, g) {
		x, here := w[name]
		y, there := g[name]
		switch {
		case !there:
			return fmt.Sprintf("%s: it has no %q", at, name)
		case !here:
			return fmt.Sprintf("%s: it has %q, which the application has not", at, name)
		}
		if d := differ(x, y, at+"."+name); d != "" {
			return d
		}
	}
	return ""
}

func names(a, b map[string]any) []string {
	var all []string
	for name := range a {
		all = append(all, name)
	}
	for name := range b {
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.200s", text)
}
