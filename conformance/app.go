// This file holds the suite's application and the language cases: embedded, so that an installed tool has them.

package conformance

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/internal/scratch"
	"github.com/stateful-entities/sfc/ir"
)

//go:embed app
var appFiles embed.FS

// AppModule is the path of the module that the application's package, app, is laid out in.
const AppModule = "conformance"

// WriteApp lays the application out in a folder: a Go module with the package app and the scripts beside its files.
func WriteApp(dir string) error {
	if err := writeModule(dir, AppModule); err != nil {
		return err
	}
	return copyFiles(dir, appFiles, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
}

// CompileApp compiles the application. It is the same program wherever it is laid out.
func CompileApp() (*ir.Program, error) {
	folder, err := scratch.New("", tempPrefix)
	if err != nil {
		return nil, err
	}
	defer folder.Remove()
	dir := folder.Path
	if err := WriteApp(dir); err != nil {
		return nil, err
	}
	return compile(dir, "./app")
}

// compile compiles a package of a module to a program that is ready for lowering.
func compile(dir, pattern string) (*ir.Program, error) {
	r, err := frontend.Compile(frontend.Options{Dir: dir, Pattern: pattern})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	if err := ir.Verify(r.Program); err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	ir.Normalize(r.Program)
	ir.Complete(r.Program)
	return r.Program, nil
}

// writeModule makes a module that takes sfc from where this program has it.
func writeModule(dir, name string) error {
	own, err := module.Runtime(os.Getenv("SFC_MODULE"))
	if err != nil {
		return err
	}
	mod, sum, err := module.Standalone(name, own)
	if err != nil {
		return err
	}
	if err := writeFile(dir, "go.mod", mod); err != nil {
		return err
	}
	return writeFile(dir, "go.sum", sum)
}

func copyFiles(dir string, files fs.FS, wanted func(name string) bool) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !wanted(name) {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return writeFile(dir, name, text)
	})
}

// writeFile writes a file, named with slashes, below dir.
func writeFile(dir, name string, text []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(path.Clean(name)))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
