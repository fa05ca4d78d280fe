// This file makes bundles and has the Go compiler build them.

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/internal/progress"
	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// lower makes the bundle of a program for a target.
func (s *source) lower(target backends.Backend) (*backends.Bundle, error) {
	own, err := s.fits(target)
	if err != nil {
		return nil, err
	}
	o := s.options(target)
	o.Module = module.BundlePath
	if o.GoMod, o.GoSum, err = module.Bundle(s.module, own, s.usesLibraries()); err != nil {
		return nil, err
	}
	return target.Lower(s.program, o)
}

// lowerLibrary makes the package of a program on a target, for a folder in somebody's module.
func (s *source) lowerLibrary(target backends.Backend, dir string) (*backends.Bundle, error) {
	own, err := s.fits(target)
	if err != nil {
		return nil, err
	}
	o := s.options(target)
	if o.Library, err = module.Library(dir, own); err != nil {
		return nil, diag.List{diag.New("SF3004", diag.Position{}, "%v", err).
			WithHelp("a library is a package of a module that requires sfc: name a folder in one")}
	}
	return target.Lower(s.program, o)
}

// fits checks that a target can run the program, and gives the module of its runtime.
func (s *source) fits(target backends.Backend) (*module.Module, error) {
	if err := backends.Check(s.program, target, targets()); err != nil {
		return nil, diag.List{diag.New("SF3002", diag.Position{}, "%v", err)}
	}
	if err := s.checkOptions(); err != nil {
		return nil, err
	}
	return module.Runtime(os.Getenv("SFC_MODULE"))
}

func (s *source) options(target backends.Backend) backends.Options {
	return backends.Options{
		Tool: "sfc " + module.Version(), Limits: runner.Limits(s.config.Limits), Target: s.config.Targets[target.Name()],
	}
}

// checkOptions refuses options in sfc.yaml that no target has.
func (s *source) checkOptions() error {
	at := diag.Position{File: module.ConfigName}
	for _, name := range sortedNames(s.config.Targets) {
		to, err := target(name)
		if err != nil {
			return placed(err, at)
		}
		for _, option := range sortedNames(s.config.Targets[name]) {
			if !slices.Contains(to.Options(), option) {
				return diag.List{diag.New("SF3003", at, "target %s has no option %q%s", name, option, didYouMean(option, to.Options()))}
			}
		}
	}
	return nil
}

// placed gives findings a place that have none.
func placed(err error, at diag.Position) error {
	l := diag.Of(err)
	for _, d := range l {
		if d.Pos == (diag.Position{}) {
			d.Pos = at
		}
	}
	return l
}

// usesLibraries says whether the program calls packages beyond the standard library: the first element of their path
// has a dot.
func (s *source) usesLibraries() bool {
	return slices.ContainsFunc(s.program.Externs, func(x *ir.Extern) bool {
		first, _, hasMore := strings.Cut(strings.TrimPrefix(x.Name, "go:"), "/")
		return hasMore && strings.Contains(first, ".")
	})
}

// stamp is the file that says which bundle a program was built of.
const stamp = ".built"

// build writes the program's bundle below .sfc and has the Go compiler build it, unless that has been done. It gives
// the executable.
func (s *source) build(ctx context.Context, target backends.Backend, talk io.Writer) (string, error) {
	bundle, err := s.lower(target)
	if err != nil {
		return "", err
	}
	if err := s.makeWork(); err != nil {
		return "", err
	}
	dir := s.bundleDir(target)
	if err := bundle.Write(dir); err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "bin", s.program.Name)
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	sum := fingerprint(bundle)
	if built(dir, exe, sum) {
		return exe, nil
	}
	work := progress.Start(talk, fmt.Sprintf("sfc: compiling %s for %s in %s (the first time takes longest)", s.program.ID, target.Name(), relative(dir)), nil)
	err = goBuild(ctx, dir, exe)
	work.Stop()
	if err != nil {
		return "", err
	}
	return exe, os.WriteFile(filepath.Join(dir, stamp), []byte(sum), 0o644)
}

func (s *source) bundleDir(target backends.Backend) string {
	return filepath.Join(s.work(), s.name(), target.Name())
}

// built says whether the executable was built of this bundle. A runtime in a checkout may have changed since: the Go
// compiler is asked then, whose cache knows.
func built(dir, exe, sum string) bool {
	before, err := os.ReadFile(filepath.Join(dir, stamp))
	if err != nil || string(before) != sum {
		return false
	}
	_, err = os.Stat(exe)
	return err == nil
}

// fingerprint identifies a bundle with the runtime that it links with.
func fingerprint(b *backends.Bundle) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		fmt.Fprintf(h, "%q %d\n", name, len(b.Files[name]))
		h.Write(b.Files[name])
	}
	if own, err := module.Runtime(os.Getenv("SFC_MODULE")); err == nil && own.Version == "" {
		fmt.Fprintf(h, "%s", module.Changed(own.Dir))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// goBuild runs the Go compiler in a bundle's folder. What it says is part of the error.
func goBuild(ctx context.Context, dir, exe string) error {
	out, err := module.Build(ctx, dir, exe)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		text := bytes.TrimSpace(out)
		return diag.List{diag.New("SF9001", diag.Position{}, "the Go compiler refuses the generated code in %s: %v\n%s", relative(dir), err, text)}
	}
	return nil
}

// relative shortens a path for people.
func relative(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	short, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(short, "..") {
		return path
	}
	return short
}
