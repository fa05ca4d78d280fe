// This file is the verb init: a first package.

package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"text/template"

	"github.com/urfave/cli/v2"

	"github.com/stateful-entities/sfc/internal/module"
)

//go:embed init
var initFiles embed.FS

func initCommand() *cli.Command {
	return &cli.Command{
		Name: "init", Usage: "write a first package: entities, a test, a script of requests", ArgsUsage: "[folder]",
		Description: "The folder is made if it is not there; without one it is the current folder. Outside a module it becomes one.",
		Action: func(c *cli.Context) error {
			dir, err := onePackage(c)
			if err != nil {
				return err
			}
			written, err := initPackage(dir)
			if err != nil {
				return err
			}
			for _, name := range written {
				fmt.Fprintln(c.App.Writer, name)
			}
			fmt.Fprint(c.App.ErrWriter, "\nNext: sfc test"+at(dir)+", then sfc run"+at(dir)+", and in another terminal sfc call -f "+filepath.Join(dir, "calls.txt")+"\n")
			return nil
		},
	}
}

func at(dir string) string {
	if dir == "." || filepath.IsAbs(dir) {
		return strings.TrimSuffix(" "+dir, " .")
	}
	return " ./" + filepath.ToSlash(filepath.Clean(dir))
}

var goName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// initPackage writes the files of a first package and gives their names. Nothing that is there is overwritten.
func initPackage(dir string) ([]string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	name := strings.ReplaceAll(strings.ToLower(filepath.Base(full)), "-", "_")
	if !goName.MatchString(name) {
		name = "app"
	}
	files, err := firstFiles(full, name)
	if err != nil {
		return nil, err
	}
	for _, file := range sortedNames(files) {
		if _, err := os.Stat(filepath.Join(full, file)); err == nil {
			return nil, fmt.Errorf("%s is there already: init overwrites nothing", filepath.Join(dir, file))
		}
	}
	if err := os.MkdirAll(full, 0o755); err != nil {
		return nil, err
	}
	var written []string
	for _, file := range sortedNames(files) {
		if err := os.WriteFile(filepath.Join(full, file), []byte(files[file]), 0o644); err != nil {
			return written, err
		}
		written = append(written, filepath.Join(dir, file))
	}
	return written, nil
}

// firstFiles gives the files, name to text; go.mod is among them outside a module.
func firstFiles(dir, name string) (map[string]string, error) {
	files := map[string]string{}
	for from, to := range map[string]string{"bank.go.tmpl": name + ".go", "bank_test.go.tmpl": name + "_test.go", "calls.txt": "calls.txt"} {
		text, err := initFiles.ReadFile("init/" + from)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		t, err := template.New(from).Parse(string(text))
		if err == nil {
			err = t.Execute(&b, map[string]string{"Package": name})
		}
		if err != nil {
			return nil, err
		}
		files[to] = b.String()
	}
	if _, err := module.Find(dir); errors.Is(err, fs.ErrNotExist) {
		version := strings.Fields(strings.TrimPrefix(runtime.Version(), "go"))[0]
		files["go.mod"] = fmt.Sprintf("module %s\n\ngo %s\n", name, version)
	} else if err != nil {
		return nil, err
	}
	return files, nil
}
