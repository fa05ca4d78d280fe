// This file walks over JSON text that is known to be well-formed.

package jsonvalue

import (
	"encoding/json"
	"strings"
)

// reader gives the tokens of well-formed JSON text. Unlike json.Decoder it can look ahead, and gives whole values as
// slices of the text.
type reader struct {
	text []byte
	at   int
}

// peek gives the first byte of what comes, past spaces, commas and colons; 0 at the end.
func (r *reader) peek() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// more says whether the open array or object has another element.
func (r *reader) more() bool {
	c := r.peek()
	return c != ']' && c != '}' && c != 0
}

// token gives the next bracket (a json.Delim), or the next scalar: nil, bool, string or json.Number.
func (r *reader) token() json.Token {
	switch c := r.peek(); c {
	case '[', ']', '{', '}':
		r.at++
		return json.Delim(c)
	case 'n':
		r.at += len("null")
		return nil
	case 't':
		r.at += len("true")
		return true
	case 'f':
		r.at += len("false")
		return false
	case '"':
		var s string
		if err := json.Unmarshal(r.string(), &s); err != nil {
			panic(&Error{Problem: "invalid JSON: " + err.Error()})
		}
		return s
	default:
		return json.Number(r.number())
	}
}

// raw gives the text of the next value.
func (r *reader) raw() json.RawMessage {
	r.peek()
	start := r.at
	for depth := 0; ; {
		switch r.peek() {
		case '[', '{':
			depth++
			r.at++
		case ']', '}':
			depth--
			r.at++
		case '"':
			r.string()
		default:
			r.number()
		}
		if depth == 0 {
			return r.text[start:r.at]
		}
	}
}

func (r *reader) string() []byte {
	start := r.at
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	return r.text[start:r.at]
}

// number gives a number, or a word: everything up to the next space or bracket.
func (r *reader) number() []byte {
	start := r.at
	for r.at < len(r.text) && !strings.ContainsRune(" \t\r\n,:]}", rune(r.text[r.at])) {
		r.at++
	}
	return r.text[start:r.at]
}
