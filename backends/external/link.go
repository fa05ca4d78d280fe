// This file lets bundles link with a runtime that lies in the backend's own module.

package external

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/module"
)

// Link adds the module of a runtime package to a bundle's go.mod and go.sum, in the version in which the caller's
// program was built: the folder that the caller's source file lies in if that is there, else the released version. A
// package of sfc itself needs nothing, and a library's go.mod is its user's affair.
func Link(o *backends.Options, runtimePackage string) error {
	if o.Library != "" || within(runtimePackage, module.Path) {
		return nil
	}
	_, caller, _, _ := runtime.Caller(1)
	m, err := moduleOf(runtimePackage, caller)
	if err != nil {
		return fmt.Errorf("the module of %s: %w", runtimePackage, err)
	}
	o.GoMod, o.GoSum, err = module.Add(o.GoMod, o.GoSum, m)
	return err
}

// within says whether a package belongs to a module, by its path.
func within(pkg, path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }

// moduleOf finds the module of a package that this program was built with.
func moduleOf(pkg, caller string) (*module.Module, error) {
	if filepath.IsAbs(caller) && !strings.Contains(filepath.ToSlash(caller), "@") {
		if m, err := module.Find(filepath.Dir(caller)); err == nil && within(pkg, m.Path) {
			return m, nil
		}
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, fmt.Errorf("this program does not know what it was built of")
	}
	for _, m := range append(info.Deps, &info.Main) {
		if within(pkg, m.Path) && m.Version != "" && m.Version != "(devel)" {
			return module.Released(m.Path, m.Version)
		}
	}
	return nil, fmt.Errorf("this program was built from a folder that is gone")
}
