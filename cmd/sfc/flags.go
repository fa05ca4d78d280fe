// This file orders a command line, so that flags may stand before or after arguments.

package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/near"
)

// order gives the command line with the verb first, then its flags, then `--` and its arguments: the library stops
// reading flags at the first argument. What looks like a flag but is none of the verb's is wrong usage, unless it is
// a JSON number or stands behind `--`.
func order(app *cli.App, args []string) ([]string, error) {
	if len(args) == 0 || isHelp(args[0]) {
		return []string{"--help"}, nil
	}
	name := args[0]
	if name == "--version" || name == "-version" {
		name = "version"
	}
	if name == "help" && len(args) > 1 {
		name, args = args[1], []string{args[1], "--help"}
	} else if name == "help" {
		return []string{"--help"}, nil
	}
	if strings.HasPrefix(name, "-") {
		return nil, usage("a verb comes first, got %q (sfc help lists the verbs)", name)
	}
	verb := app.Command(name)
	if verb == nil {
		return nil, usage("no verb %q%s (sfc help lists the verbs)", name, didYouMean(name, verbNames(app)))
	}
	flags, words, err := split(verb, args[1:])
	if err != nil {
		return nil, err
	}
	return slices.Concat([]string{name}, flags, []string{"--"}, words), nil
}

func verbNames(app *cli.App) []string {
	var names []string
	for _, c := range app.Commands {
		names = append(names, c.Name)
	}
	return names
}

// split tells the flags of a verb from its arguments. A flag that stands there twice is wrong usage, unless it has a list
// of values: one of both would be lost.
func split(verb *cli.Command, args []string) (flags, words []string, err error) {
	seen := map[cli.Flag]bool{}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return flags, append(words, args[i+1:]...), nil
		}
		if !looksLikeFlag(arg) {
			words = append(words, arg)
			continue
		}
		if isHelp(arg) {
			flags = append(flags, "--help")
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		flag := flagOf(verb, name)
		if flag == nil {
			return nil, nil, usage("%s has no flag %q%s (-- ends flags)", verb.Name, arg, didYouMean("--"+name, flagNames(verb)))
		}
		if _, isList := flag.(*cli.StringSliceFlag); seen[flag] && !isList {
			return nil, nil, usage("flag %q is given twice: it takes one value", "--"+flag.Names()[0])
		}
		seen[flag] = true
		flags = append(flags, arg)
		if _, isBool := flag.(*cli.BoolFlag); isBool || hasValue {
			continue
		}
		if i++; i == len(args) {
			return nil, nil, usage("flag %q wants a value", arg)
		}
		flags = append(flags, args[i])
	}
	return flags, words, nil
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// looksLikeFlag says whether an argument is a flag: `-` alone and negative numbers are not.
func looksLikeFlag(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && (arg[1] < '0' || arg[1] > '9')
}

func flagOf(verb *cli.Command, name string) cli.Flag {
	for _, f := range verb.Flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func flagNames(verb *cli.Command) []string {
	var names []string
	for _, f := range verb.Flags {
		for _, n := range f.Names() {
			names = append(names, strings.Repeat("-", min(len(n), 2))+n) // -f, --file
		}
	}
	return names
}

// didYouMean gives `: did you mean "x"?` for the name nearest to what was written, or "".
func didYouMean(name string, names []string) string {
	best := near.Name(name, names)
	if best == "" {
		return ""
	}
	return `: did you mean "` + best + `"?`
}

// formatFlag is --format of every verb that has results for people and machines.
func formatFlag() *cli.StringFlag {
	return &cli.StringFlag{Name: "format", Usage: "`form` of the output: text or json", Value: "text", Action: oneOf("text", "json")}
}

func oneOf(values ...string) func(*cli.Context, string) error {
	return func(_ *cli.Context, got string) error {
		if slices.Contains(values, got) {
			return nil
		}
		return usage("--format: want %s, got %q", strings.Join(values, " or "), got)
	}
}

// wantsJSON says whether a command line asks for output for machines; errors of a verb do not know its flags.
func wantsJSON(args []string) bool {
	end := slices.Index(args, "--")
	for i, a := range args[:max(end, 0)] {
		a = strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-")
		if a == "format=json" || a == "format" && args[i+1] == "json" {
			return true
		}
	}
	return false
}

// onePackage gives the verb's only argument, "." if there is none.
func onePackage(c *cli.Context) (string, error) {
	switch c.NArg() {
	case 0:
		return ".", nil
	case 1:
		return c.Args().First(), nil
	}
	return "", usage("%s takes one package or IR file, got %d", c.Command.Name, c.NArg())
}
