// This file defines bundles and writes them to a folder.

package backends

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bundle is what a target's Lower gives: the files of a Go module.
type Bundle struct {
	Files map[string][]byte // slash-separated paths below the bundle's folder
}

// manifest lists the files that a bundle wrote, so that the next one can remove what it no longer has.
const manifest = ".bundle"

// Write puts the bundle into a folder. Files that are there already with the same content are not touched, files of an
// earlier bundle that this one does not have are removed; nothing else in the folder is. A folder that holds files but
// no bundle is refused.
func (b *Bundle) Write(dir string) error {
	earlier, err := readManifest(dir)
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(b.Files))
	// First, so that what a failure leaves behind is still known as ours.
	all := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(names), earlier...))))
	if err := writeManifest(dir, all); err != nil {
		return err
	}
	for _, name := range names {
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), b.Files[name]); err != nil {
			return err
		}
	}
	for _, name := range earlier {
		if _, kept := b.Files[name]; kept {
			continue
		}
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove the old file %q: %w", name, err)
		}
	}
	return writeManifest(dir, names)
}

func readManifest(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifest))
	if err == nil {
		return localNames(text), nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the folder %q holds other files: a bundle is written to a new or empty folder, or over an earlier bundle", dir)
}

// localNames reads a manifest; names that would lead out of the folder are dropped.
func localNames(text []byte) []string {
	var names []string
	for _, name := range strings.Fields(string(text)) {
		if filepath.IsLocal(filepath.FromSlash(name)) {
			names = append(names, name)
		}
	}
	return names
}

func writeManifest(dir string, names []string) error {
	return writeFile(filepath.Join(dir, manifest), []byte(strings.Join(names, "\n")+"\n"))
}

// writeFile writes a file whole or not at all, and only if it changes: the Go compiler's cache, and people, look at
// modification times.
func writeFile(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, text, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
