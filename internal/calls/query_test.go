// This file tests reading selections.

package calls

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseSelection(t *testing.T) {
	for text, want := range map[string]Selection{
		"User":                      {Type: "User"},
		" User  alice ":             {Type: "User", Key: "alice"},
		"User/alice":                {Type: "User", Key: "alice"},
		"User/a/b":                  {Type: "User", Key: "a/b"},
		`User "where"`:              {Type: "User", Key: "where"},
		`User "a b"`:                {Type: "User", Key: "a b"},
		"User where Balance > 10":   {Type: "User", Where: "Balance > 10"},
		"User limit 5":              {Type: "User", Limit: 5},
		"User after bob limit 5":    {Type: "User", After: "bob", Limit: 5},
		`User limit 5 after "a b"`:  {Type: "User", After: "a b", Limit: 5},
		"User where a > 1 limit 20": {Type: "User", Where: "a > 1", Limit: 20},
		"User where a > 1 after x":  {Type: "User", Where: "a > 1", After: "x"},
		`User where a == "it" limit 2 after "x y"`: {Type: "User", Where: `a == "it"`, Limit: 2, After: "x y"},
		"User limit 2 where a > 1 after x":         {Type: "User", Where: "a > 1", Limit: 2, After: "x"},
		"User where limit > 3":                     {Type: "User", Where: "limit > 3"},
		"User where f(limit)limit 3":               {Type: "User", Where: "f(limit)", Limit: 3},
		`User where name == "a limit 5"`:           {Type: "User", Where: `name == "a limit 5"`},
		`User where name == "x after y"`:           {Type: "User", Where: `name == "x after y"`},
		`User where name == 'x after y'`:           {Type: "User", Where: `name == 'x after y'`},
		"User where after < limit && where":        {Type: "User", Where: "after < limit && where"},
	} {
		got, err := ParseSelection(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		"": "want an entity type", "User/": `want a key after "User/"`, "User alice bob": `want where, limit or after, got "bob"`,
		"User limit": "want a number behind limit", "User limit x": `limit: want a number above 0, got "x"`, "User limit 0": "above 0",
		"User limit 1 limit 2": "a second limit", "User after a after b": "a second after", "User where": "want an expression behind where",
		"User where  limit 5": "want an expression behind where", "User after": "want a key behind after", `User "x`: "invalid JSON",
		"User wher x": `want where, limit or after, got "x"`, "User/a b": `got "b"`, "User limit 1 b": `got "b"`,
	} {
		_, err := ParseSelection(text)
		require.ErrorContains(t, err, want, text)
	}
}
