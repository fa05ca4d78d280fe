// This file is the verb completion: scripts for shells, and the words that they ask for.

package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// shells gives each shell's script. All of them ask `sfc completion words` for the words that fit.
var shells = map[string]string{
	"bash": `_sfc() {
    COMPREPLY=($(compgen -W "$(sfc completion words -- "${COMP_WORDS[@]:1:COMP_CWORD-1}")" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sfc sfc
`,
	"zsh": `#compdef sfc
_sfc() {
    local -a candidates
    candidates=(${(f)"$(sfc completion words -- "${(@)words[2,CURRENT-1]}")"})
    compadd -a candidates
    _files
}
compdef _sfc sfc
`,
	"fish": `complete -c sfc -a '(sfc completion words -- (commandline -opc)[2..-1])'
`,
}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print the completion script of a shell: bash, zsh or fish", ArgsUsage: "bash | zsh | fish",
		Description: "bash: source <(sfc completion bash)\nzsh:  source <(sfc completion zsh)\nfish: sfc completion fish | source",
		Action: func(c *cli.Context) error {
			switch name := c.Args().First(); {
			case name == "words":
				for _, w := range candidates(c.App, c.Args().Tail()) {
					fmt.Fprintln(c.App.Writer, w)
				}
				return nil
			case c.NArg() == 1 && shells[name] != "":
				_, err := fmt.Fprint(c.App.Writer, shells[name])
				return err
			}
			return usage("completion wants one of bash, zsh, fish")
		},
	}
}

// candidates gives the words that may follow the given ones.
func candidates(app *cli.App, before []string) []string {
	if len(before) > 0 && before[0] == "--" {
		before = before[1:]
	}
	if len(before) == 0 {
		return verbNames(app)
	}
	verb := app.Command(before[0])
	if verb == nil {
		return nil
	}
	switch strings.TrimLeft(before[len(before)-1], "-") {
	case "target":
		return targetNames()
	case "format":
		return []string{"text", "json", "yaml", "mermaid", "dot", "table", "csv"}
	}
	switch verb.Name {
	case "explain":
		return codeNames()
	case "completion":
		return []string{"bash", "zsh", "fish"}
	}
	var words []string
	for _, name := range flagNames(verb) {
		if strings.HasPrefix(name, "--") && name != "--help" {
			words = append(words, name)
		}
	}
	return words
}
