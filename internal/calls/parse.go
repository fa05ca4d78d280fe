// This file reads scripts of requests.

// Package calls is the one script form for requests (calls.txt): one request a line, with what it is to answer.
//
//	NewUser alice 100                       => alice
//	User/alice BuyItem 2 pen                => true
//	[r-17] User/alice Deposit -5            => error Application "negative"
//	get User/alice                          => {"Username":"alice","Balance":90}
//
// An argument is JSON or a bare word, which is read by its parameter's type: 7 for a string parameter is "7". A target
// or word with spaces stands in double quotes. " #" starts a comment.
//
// [Parse] reads a script, [Run] plays it through any function that does a request, [Client] is the one over HTTP.
package calls

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Request is one line of a script.
type Request struct {
	File string
	Line int
	Text string // the line, without comment and expectation
	ID   string // "" if the script gives none
	Get  bool   // reads the state of Type/Key
	Type string // entity type; "" for functions and constructors
	Key  string
	Name string // method or function
	Args []Word
	Want *Want // nil: any result, but no error
}

// Word is one argument, or an expected value.
type Word struct {
	Text string // JSON, or the bare word
	Bare bool
}

// Want is an expected answer.
type Want struct {
	Value Word   // the result, or the state
	Code  string // of the error; "" if a result is expected
	Part  string // of the error's message
}

// Error is a line that cannot be read.
type Error struct {
	File string
	Line int
	Why  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Why) }

// Parse reads a script. The error joins an *Error for every line that is wrong.
func Parse(file string, text []byte) ([]*Request, error) {
	var requests []*Request
	var errs []error
	for i, line := range strings.Split(string(text), "\n") {
		r, err := parseLine(strings.TrimSuffix(line, "\r"))
		if err != nil {
			errs = append(errs, &Error{file, i + 1, err.Error()})
		}
		if r != nil && err == nil {
			r.File, r.Line = file, i+1
			requests = append(requests, r)
		}
	}
	return requests, errors.Join(errs...)
}

// parseLine reads one line; nil if it holds no request.
func parseLine(line string) (*Request, error) {
	if !utf8.ValidString(line) {
		return nil, errors.New("the line is not valid UTF-8")
	}
	s := &scanner{rest: line}
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	words, arrow, err := s.words()
	if err != nil {
		return nil, err
	}
	if len(words) == 0 && id == "" && !arrow {
		return nil, nil
	}
	r, err := NewRequest(words)
	if err != nil {
		return nil, err
	}
	r.ID = id
	r.Text = strings.TrimSpace(line[:len(line)-len(s.rest)])
	if arrow {
		r.Text = strings.TrimSpace(strings.TrimSuffix(r.Text, "=>"))
		if r.Want, err = s.want(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// NewRequest makes a request of its words: `Type/key Method args…`, `Function args…` or `get Type/key`.
func NewRequest(words []Word) (*Request, error) {
	if len(words) == 0 {
		return nil, errors.New("want Type/key Method, a function, or get Type/key")
	}
	target, err := words[0].text()
	if err != nil {
		return nil, err
	}
	r := &Request{}
	if r.Get = target == "get" && words[0].Bare; r.Get {
		if len(words) != 2 {
			return nil, errors.New("want get Type/key")
		}
		if target, err = words[1].text(); err != nil {
			return nil, err
		}
	}
	var isEntity bool
	r.Type, r.Key, isEntity = strings.Cut(target, "/")
	switch {
	case r.Get && !isEntity:
		return nil, fmt.Errorf("want get Type/key, got %q", target)
	case r.Get:
	case !isEntity:
		r.Type, r.Name, r.Args = "", target, words[1:]
	case len(words) < 2:
		return nil, fmt.Errorf("want a method after %q", target)
	default:
		if r.Name, err = words[1].text(); err != nil {
			return nil, err
		}
		r.Args = words[2:]
	}
	return r, nil
}

// NewWord makes a word of one argument of a command line: JSON if it is an array, object or string, else bare.
func NewWord(text string) Word {
	if text != "" && strings.ContainsRune("[{\"", rune(text[0])) && json.Valid([]byte(text)) {
		return Word{Text: text}
	}
	return Word{Text: text, Bare: true}
}

// text gives a word that names something.
func (w Word) text() (string, error) {
	if w.Bare {
		return w.Text, nil
	}
	var s string
	if err := json.Unmarshal([]byte(w.Text), &s); err != nil {
		return "", fmt.Errorf("want a name, got %s", w.Text)
	}
	return s, nil
}

// scanner takes words off a line.
type scanner struct{ rest string }

// blank skips spaces, and says whether only a comment or nothing is left. A # inside a word is text.
func (s *scanner) blank() bool {
	s.rest = strings.TrimLeft(s.rest, " \t")
	return s.rest == "" || s.rest[0] == '#'
}

// id takes [id] off the front.
func (s *scanner) id() (string, error) {
	if s.blank() || s.rest[0] != '[' {
		return "", nil
	}
	id, rest, ok := strings.Cut(s.rest[1:], "]")
	if !ok || strings.TrimSpace(id) != id || id == "" {
		return "", errors.New("want [id]")
	}
	s.rest = rest
	return id, nil
}

// words takes words off, up to the end or an arrow.
func (s *scanner) words() (words []Word, arrow bool, err error) {
	for !s.blank() {
		w, err := s.word()
		if err != nil {
			return nil, false, err
		}
		if w.Bare && w.Text == "=>" {
			return words, true, nil
		}
		words = append(words, w)
	}
	return words, false, nil
}

// word takes one word off: a JSON string, array or object, or everything up to the next space.
func (s *scanner) word() (Word, error) {
	if strings.ContainsRune("[{\"", rune(s.rest[0])) {
		d := json.NewDecoder(strings.NewReader(s.rest))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return Word{}, fmt.Errorf("invalid JSON in %s: %v", s.rest, err)
		}
		s.rest = s.rest[d.InputOffset():]
		if s.rest != "" && !strings.ContainsRune(" \t", rune(s.rest[0])) {
			return Word{}, fmt.Errorf("want a space after %s", raw)
		}
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return Word{}, err
		}
		return Word{Text: b.String()}, nil
	}
	end := strings.IndexAny(s.rest, " \t")
	if end < 0 {
		end = len(s.rest)
	}
	w := Word{Text: s.rest[:end], Bare: true}
	s.rest = s.rest[end:]
	return w, nil
}

// want reads what stands after the arrow.
func (s *scanner) want() (*Want, error) {
	words, arrow, err := s.words()
	switch {
	case err != nil:
		return nil, err
	case arrow:
		return nil, errors.New("a second =>")
	case len(words) == 0:
		return nil, errors.New("want a result after =>")
	case words[0].Bare && words[0].Text == "error":
		return wantError(words[1:])
	case len(words) > 1:
		return nil, fmt.Errorf("want one result after =>, got %d words: a text with spaces stands in double quotes", len(words))
	}
	return &Want{Value: words[0]}, nil
}

func wantError(words []Word) (*Want, error) {
	if len(words) < 1 || len(words) > 2 || !words[0].Bare || len(words) == 2 && words[1].Bare {
		return nil, errors.New(`want => error CODE, or => error CODE "part of the message"`)
	}
	want := &Want{Code: words[0].Text}
	if len(words) == 2 {
		part, err := words[1].text()
		if err != nil {
			return nil, err
		}
		want.Part = part
	}
	return want, nil
}
