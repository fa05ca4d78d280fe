// This file reads sfc.yaml.

package module

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// ConfigName is the name of the configuration file, beside go.mod.
const ConfigName = "sfc.yaml"

// Config is what sfc.yaml says.
type Config struct {
	SFC     string                       `yaml:"sfc"`     // v1
	Pure    []string                     `yaml:"pure"`    // import paths of packages declared pure
	Targets map[string]map[string]string `yaml:"targets"` // options of targets
}

// ReadConfig reads sfc.yaml in a module's folder; without the file everything has its default. An unknown key is an
// error with its line.
func ReadConfig(dir string) (*Config, error) {
	name := filepath.Join(dir, ConfigName)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &Config{}, nil
	}
	if err != nil {
		return nil, err
	}
	c := &Config{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", ConfigName, err)
	}
	if c.SFC != "v1" {
		return nil, fmt.Errorf("%s: want `sfc: v1`, got %q", ConfigName, c.SFC)
	}
	return c, nil
}
