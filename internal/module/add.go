// This file adds a module to a bundle's go.mod and go.sum.

package module

import (
	"fmt"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Add adds a module, and what it requires and replaces, to a bundle's go.mod and go.sum: its packages can be imported
// then. What the bundle replaces stays replaced as it is. The module must require the sfc that the bundle requires, if
// both are releases.
func Add(mod, sum []byte, m *Module) (newMod, newSum []byte, err error) {
	f, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return nil, nil, err
	}
	bundle := &Module{File: f}
	versions := requires(bundle)
	replaces := map[module.Version]module.Version{}
	addReplaces(replaces, m)
	addReplaces(replaces, bundle)
	_, checkout := replaces[module.Version{Path: Path}]
	for path, v := range requires(m) {
		if path == Path && !checkout && versions[path] != v {
			return nil, nil, fmt.Errorf("%s requires %s %s, this sfc is %s", m.Path, path, v, versions[path])
		}
		if path != Path && semver.Compare(v, versions[path]) > 0 {
			versions[path] = v
		}
	}
	versions[m.Path] = "v0.0.0"
	if m.Version != "" {
		versions[m.Path] = m.Version
	} else {
		replaces[module.Version{Path: m.Path}] = module.Version{Path: m.Dir}
	}
	if err := f.AddGoStmt(later(goLine(bundle), goLine(m))); err != nil {
		return nil, nil, err
	}
	for _, path := range sorted(versions) {
		if err := f.AddRequire(path, versions[path]); err != nil {
			return nil, nil, err
		}
	}
	if err := writeReplaces(f, replaces); err != nil {
		return nil, nil, err
	}
	f.Cleanup()
	newMod, err = f.Format()
	return newMod, joinSums(append(slices.Clone(sum), m.Sum...)), err
}
