// This file reads selections, as `User where Balance > 10`, and asks for them over the HTTP API.

package calls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// Selection says which entities of a type a query wants, in the form of the HTTP API.
type Selection struct {
	Type  string `json:"type"`
	Key   string `json:"key,omitempty"`
	Where string `json:"where,omitempty"` // CEL over the fields of the state
	After string `json:"after,omitempty"`
	Limit int    `json:"limit,omitempty"`
}

// ParseSelection reads `TYPE [KEY] [where EXPR] [limit N] [after KEY]`, the clauses in any order. TYPE KEY may be
// written TYPE/KEY. A key with spaces, or one that reads like a clause, stands in double quotes.
func ParseSelection(text string) (Selection, error) {
	s := &scanner{rest: text}
	var sel Selection
	target, err := s.name("an entity type")
	if err != nil {
		return sel, err
	}
	var isEntity bool
	if sel.Type, sel.Key, isEntity = strings.Cut(target, "/"); isEntity && sel.Key == "" {
		return sel, fmt.Errorf("want a key after %q", target)
	}
	for s.skip(); s.rest != ""; s.skip() {
		if err := s.clause(&sel); err != nil {
			return sel, err
		}
	}
	return sel, nil
}

// skip skips spaces; unlike in a script, nothing starts a comment.
func (s *scanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t\n") }

// name takes a word off that names something.
func (s *scanner) name(what string) (string, error) {
	if s.skip(); s.rest == "" {
		return "", fmt.Errorf("want %s", what)
	}
	w, err := s.word()
	if err != nil {
		return "", err
	}
	return w.text()
}

// clause takes one clause off, or the key.
func (s *scanner) clause(sel *Selection) error {
	quoted := s.rest[0] == '"'
	word, err := s.name("a clause")
	switch {
	case err != nil:
		return err
	case quoted, word != "where" && word != "limit" && word != "after":
		if sel.Key != "" || sel.Where != "" || sel.After != "" || sel.Limit != 0 {
			return fmt.Errorf("want where, limit or after, got %q", word)
		}
		sel.Key = word
		return nil
	case word == "where":
		return s.where(sel)
	case word == "after":
		if sel.After != "" {
			return errors.New("a second after")
		}
		sel.After, err = s.name("a key behind after")
		return err
	}
	text, err := s.name("a number behind limit")
	if err != nil {
		return err
	}
	if sel.Limit != 0 {
		return errors.New("a second limit")
	}
	if sel.Limit, err = strconv.Atoi(text); err != nil || sel.Limit < 1 {
		return fmt.Errorf("limit: want a number above 0, got %q", text)
	}
	return nil
}

// lastClause is a clause at the end of an expression. Inside one, no two words stand beside each other.
var lastClause = regexp.MustCompile(`[\s)\]}"'](limit\s+[0-9]+|after\s+("(?:[^"\\]|\\.)*"|[^\s"']+))\s*$`)

// where takes the expression off: everything, but clauses that follow it.
func (s *scanner) where(sel *Selection) error {
	if sel.Where != "" {
		return errors.New("a second where")
	}
	expression, clauses := s.rest, ""
	for at := lastClause.FindStringSubmatchIndex(expression); at != nil; at = lastClause.FindStringSubmatchIndex(expression) {
		expression, clauses = expression[:at[2]], expression[at[2]:]+" "+clauses
	}
	if sel.Where = strings.TrimSpace(expression); sel.Where == "" {
		return errors.New("want an expression behind where")
	}
	s.rest = clauses
	return nil
}

// Cut is what a query found, at one moment: after the request at Position and before the next.
type Cut struct {
	Position uint64  `json:"position"`
	Select   []Found `json:"select"`
}

// Found is what a query found for one selection.
type Found struct {
	Type     string   `json:"type"`
	Entities []Entity `json:"entities"`
	Next     string   `json:"next,omitempty"` // the key to go on after; "": that was all
}

// Entity is one entity with its state.
type Entity struct {
	Key   string          `json:"key"`
	State json.RawMessage `json:"state"`
}

// Query asks for selections, all of one moment. An error answer of the API has a code, and no cut.
func (c *Client) Query(ctx context.Context, selections []Selection) (*Cut, Answer, error) {
	body, err := json.Marshal(map[string]any{"select": selections})
	if err != nil {
		return nil, Answer{}, err
	}
	status, text, err := c.send(ctx, http.MethodPost, "/query", body, "")
	if err != nil || status != http.StatusOK {
		a, err := c.answer(status, text, err)
		return nil, a, err
	}
	var cut Cut
	if err := json.Unmarshal(text, &cut); err != nil || len(cut.Select) != len(selections) {
		return nil, Answer{}, fmt.Errorf("%s does not speak the API of sfc: %.200q", c.Endpoint, text)
	}
	return &cut, Answer{}, nil
}
