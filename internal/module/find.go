// This file finds the user's module and sfc's own.

// Package module finds the two modules that a bundle is made of, the user's and sfc's own, and writes the bundle's
// go.mod and go.sum; and it reads sfc.yaml, which stands beside the user's go.mod.
package module

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/modfile"
)

// Path is sfc's own module path.
const Path = "github.com/stateful-entities/sfc"

// Module is a module on disk.
type Module struct {
	Dir     string // absolute
	Path    string
	Version string // "" for a checkout
	File    *modfile.File
	Sum     []byte // go.sum
}

// Find gives the module that a folder belongs to. Without one the error wraps fs.ErrNotExist.
func Find(dir string) (*Module, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for dir = start; ; dir = filepath.Dir(dir) {
		m, err := read(dir)
		if !errors.Is(err, fs.ErrNotExist) {
			return m, err
		}
		if dir == filepath.Dir(dir) {
			return nil, fmt.Errorf("no go.mod in %s or above: %w", start, fs.ErrNotExist)
		}
	}
}

// read gives the module whose go.mod lies in dir.
func read(dir string) (*Module, error) {
	name := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		return nil, err
	}
	if file.Module == nil {
		return nil, fmt.Errorf("%s has no module line", name)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return &Module{Dir: dir, Path: file.Module.Mod.Path, File: file, Sum: sum}, nil
}

// Runtime gives sfc's own module: the folder that override names (SFC_MODULE), the checkout that this program was
// built from, or the released version that it is.
func Runtime(override string) (*Module, error) {
	if override != "" {
		m, err := read(override)
		if err != nil {
			return nil, fmt.Errorf("SFC_MODULE=%s: %w", override, err)
		}
		if m.Path != Path {
			return nil, fmt.Errorf("SFC_MODULE=%s is module %s, not %s", override, m.Path, Path)
		}
		m.Dir, err = filepath.Abs(m.Dir)
		return m, err
	}
	if m := checkout(); m != nil {
		return m, nil
	}
	version := builtVersion()
	if version == "" {
		return nil, errors.New("this sfc is no release, and the folder that it was built from is gone: set SFC_MODULE to a checkout of " + Path)
	}
	m, err := Released(Path, version)
	if err != nil {
		return nil, fmt.Errorf("%w (SFC_MODULE names a checkout to use instead)", err)
	}
	return m, nil
}

// checkout gives the module that this source file lies in, if it is still there and no copy in the module cache: such
// a copy cannot be told from the released version, which is the better name.
func checkout() *Module {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) || strings.Contains(filepath.ToSlash(file), Path+"@") {
		return nil
	}
	m, err := read(filepath.Dir(filepath.Dir(filepath.Dir(file))))
	if err != nil || m.Path != Path {
		return nil
	}
	return m
}

// Version is the version of this program: a release, a pseudo-version, or "devel".
func Version() string {
	if v := builtVersion(); v != "" {
		return v
	}
	return "devel"
}

func builtVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return versionOf(info)
}

// versionOf gives the version that a build of this program has to the module proxy, "" if it has none: as the main
// module of `go install …@version` or of a clean checkout, or as a dependency of the module that `go tool sfc` runs in.
// Changed checkouts and what a replace line names have none.
func versionOf(info *debug.BuildInfo) string {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path != Path {
			continue
		}
		if m.Replace != nil || m.Version == "(devel)" || strings.HasSuffix(m.Version, "+dirty") {
			return ""
		}
		return m.Version
	}
	return ""
}

// Released gives a version of a module out of the module cache, by way of the module proxy if it is not there.
func Released(path, version string) (*Module, error) {
	cmd := exec.Command("go", "mod", "download", "-json", path+"@"+version)
	cmd.Dir = os.TempDir() // outside any module
	out, err := cmd.Output()
	var info struct{ Dir, Sum, GoModSum, Error string }
	if json.Unmarshal(out, &info) != nil || info.Dir == "" {
		return nil, fmt.Errorf("cannot get %s@%s: %v %s", path, version, err, info.Error)
	}
	m, err := read(info.Dir)
	if err != nil {
		return nil, err
	}
	m.Version = version
	m.Sum = fmt.Appendf(m.Sum, "%s %s %s\n%s %s/go.mod %s\n", path, version, info.Sum, path, version, info.GoModSum)
	return m, nil
}
