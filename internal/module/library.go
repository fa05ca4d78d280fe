// This file finds the import path of a package that is to be written into a user's module.

package module

import (
	"fmt"
	"path"
	"path/filepath"

	"golang.org/x/mod/module"
)

// Library gives the import path that a package in dir has; the folder need not be there yet. Its module must require
// own, in the same version if both are releases: generated code links with the runtime that it was generated for.
func Library(dir string, own *Module) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	m, err := Find(full)
	if err != nil {
		return "", fmt.Errorf("a library is a package of a module: %w", err)
	}
	if err := m.links(own); err != nil {
		return "", err
	}
	below, err := filepath.Rel(m.Dir, full)
	if err != nil {
		return "", err
	}
	name := path.Join(m.Path, filepath.ToSlash(below))
	if err := module.CheckImportPath(name); err != nil {
		return "", fmt.Errorf("nothing can import the folder %q: %w", dir, err)
	}
	return name, nil
}

// links says why the module's code cannot link with sfc's own module; nil if it can.
func (m *Module) links(own *Module) error {
	if m.Path == Path {
		return nil
	}
	version, ok := requires(m)[Path]
	if !ok {
		return fmt.Errorf("%s does not require %s, which a library links with: %s", filepath.Join(m.Dir, "go.mod"), Path, own.get())
	}
	for _, r := range m.File.Replace {
		if r.Old.Path == Path {
			return nil // a checkout or a fork: the user's own choice
		}
	}
	if own.Version != "" && version != own.Version {
		return fmt.Errorf("%s requires %s %s, this sfc is %s and generates code for that: %s", filepath.Join(m.Dir, "go.mod"), Path, version, own.Version, own.get())
	}
	return nil
}

// get is what to do to require the module.
func (own *Module) get() string {
	if own.Version != "" {
		return "go get " + Path + "@" + own.Version
	}
	return fmt.Sprintf("go mod edit -replace %s=%s && go get %s", Path, own.Dir, Path)
}
