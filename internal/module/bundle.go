// This file makes a bundle's go.mod and go.sum.

package module

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// BundlePath is the module path of every bundle: nobody imports it.
const BundlePath = "sfc.bundle"

// Bundle gives go.mod and go.sum of a bundle: the versions that sfc's own module requires, and, if the program uses
// packages beyond the standard library, those of the user's module, with its replace lines (paths made absolute).
// user may be nil: a program that came as an IR file belongs to no module.
func Bundle(user, own *Module, libraries bool) (mod, sum []byte, err error) {
	return compose(BundlePath, user, own, libraries)
}

// Standalone gives go.mod and go.sum of a module that needs nothing but sfc's own module.
func Standalone(path string, own *Module) (mod, sum []byte, err error) {
	return compose(path, nil, own, false)
}

func compose(path string, user, own *Module, libraries bool) (mod, sum []byte, err error) {
	f := &modfile.File{Syntax: &modfile.FileSyntax{}}
	if err := f.AddModuleStmt(path); err != nil {
		return nil, nil, err
	}
	versions, goVersion := requires(own), goLine(own)
	sum = own.Sum
	replaces := map[module.Version]module.Version{}
	if user != nil && libraries && user.Path != Path {
		for path, v := range requires(user) {
			if semver.Compare(v, versions[path]) > 0 {
				versions[path] = v
			}
		}
		goVersion = later(goVersion, goLine(user))
		sum = append(slices.Clone(sum), user.Sum...)
		addReplaces(replaces, user)
	}
	if err := f.AddGoStmt(goVersion); err != nil {
		return nil, nil, err
	}
	delete(versions, Path)
	versions[Path] = "v0.0.0"
	if own.Version != "" {
		versions[Path] = own.Version
	} else {
		addReplaces(replaces, own)
		for old := range replaces {
			if old.Path == Path {
				delete(replaces, old)
			}
		}
		replaces[module.Version{Path: Path}] = module.Version{Path: own.Dir}
	}
	for _, path := range sorted(versions) {
		f.AddNewRequire(path, versions[path], path != Path)
	}
	if err := writeReplaces(f, replaces); err != nil {
		return nil, nil, err
	}
	f.Cleanup()
	mod, err = f.Format()
	return mod, joinSums(sum), err
}

func requires(m *Module) map[string]string {
	versions := map[string]string{}
	for _, r := range m.File.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	return versions
}

func goLine(m *Module) string {
	if m.File.Go == nil {
		return "1.16"
	}
	return m.File.Go.Version
}

// later gives the later of two Go versions, as 1.26.0.
func later(a, b string) string {
	if semver.Compare("v"+a, "v"+b) < 0 {
		return b
	}
	return a
}

// addReplaces carries the replace lines of a module over; folders are made absolute.
func addReplaces(to map[module.Version]module.Version, m *Module) {
	for _, r := range m.File.Replace {
		target := r.New
		if target.Version == "" && !filepath.IsAbs(target.Path) {
			target.Path = filepath.Join(m.Dir, filepath.FromSlash(target.Path))
		}
		to[r.Old] = target
	}
}

func writeReplaces(f *modfile.File, replaces map[module.Version]module.Version) error {
	olds := make([]module.Version, 0, len(replaces))
	for old := range replaces {
		olds = append(olds, old)
	}
	module.Sort(olds)
	for _, old := range olds {
		target := replaces[old]
		if err := f.AddReplace(old.Path, old.Version, target.Path, target.Version); err != nil {
			return fmt.Errorf("replace of %s: %w", old.Path, err)
		}
	}
	return nil
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// joinSums gives the lines of several go.sum, each once.
func joinSums(text []byte) []byte {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Sort(lines)
	lines = slices.Compact(lines)
	return append(bytes.TrimSpace([]byte(strings.Join(lines, "\n"))), '\n')
}
