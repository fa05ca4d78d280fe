// This file knows what can be requested of an endpoint, and reads the arguments of a script by it.

package calls

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Surface is what /openapi.json says of requests: which entity types there are, and the types of parameters.
type Surface struct {
	parameters map[string][]schema // by function or Type.Method
	types      map[string]bool
}

// ReadSurface reads what /openapi.json answers.
func ReadSurface(openAPI []byte) (Surface, error) {
	var doc struct {
		Paths map[string]struct {
			Post *struct {
				OperationID string `json:"operationId"`
				Parameters  []struct {
					Name   string
					Schema schema
				} `json:"x-sfc-parameters"`
			}
		}
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return Surface{}, fmt.Errorf("/openapi.json: %w", err)
	}
	s := Surface{map[string][]schema{}, map[string]bool{}}
	for name, path := range doc.Paths {
		if ty, ok := strings.CutSuffix(strings.TrimPrefix(name, "/v1/"), "/{key}"); ok {
			s.types[ty] = true
		}
		if path.Post == nil {
			continue
		}
		list := []schema{}
		for _, p := range path.Post.Parameters {
			list = append(list, p.Schema)
		}
		s.parameters[path.Post.OperationID] = list
	}
	return s, nil
}

// Arguments gives the JSON array of a request's arguments. Bare words are read by their parameters' types.
func (s Surface) Arguments(r *Request) []byte {
	name := r.Name
	if r.Type != "" {
		name = r.Type + "." + r.Name
	}
	return arguments(r.Args, s.parameters[name])
}
