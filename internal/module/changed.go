// This file notices that files have changed.

package module

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Changed gives a text that differs when a source file (Go, go.mod, go.sum, YAML, JSON) in a folder or below changes,
// by names, sizes and times. Folders whose name begins with a dot, and testdata, are not looked into. What cannot be
// read counts as not there.
func Changed(dir string) string {
	h := sha256.New()
	walk := func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name := d.Name()
		if d.IsDir() {
			if path != dir && (strings.HasPrefix(name, ".") || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		switch filepath.Ext(name) {
		case ".go", ".mod", ".sum", ".yaml", ".yml", ".json":
			if info, err := d.Info(); err == nil {
				fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
			}
		}
		return nil
	}
	if err := filepath.WalkDir(dir, walk); err != nil {
		return err.Error()
	}
	return hex.EncodeToString(h.Sum(nil))
}
