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
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/stateful-entities/sfc/internal/near"
)

// ConfigName is the name of the configuration file, beside go.mod.
const ConfigName = "sfc.yaml"

// Config is what sfc.yaml says.
type Config struct {
	SFC     string                       `yaml:"sfc"`     // v1
	Pure    []string                     `yaml:"pure"`    // import paths of packages declared pure
	Limits  Limits                       `yaml:"limits"`  // of each request
	Targets map[string]map[string]string `yaml:"targets"` // options of targets
}

// Limits are the limits that sfc.yaml sets: runner.Limits with names. Zero fields are not set.
type Limits struct {
	Steps       int64 `yaml:"steps"`
	Depth       int   `yaml:"depth"`
	Bytes       int64 `yaml:"bytes"`
	Invocations int   `yaml:"invocations"`
	Entities    int   `yaml:"entities"`
	State       int   `yaml:"state"`
	Message     int   `yaml:"message"`
}

var limitNames = []string{"steps", "depth", "bytes", "invocations", "entities", "state", "message"}

// UnmarshalYAML reads the mapping under limits: known names, each with a whole number above 0.
func (l *Limits) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: limits: want names with numbers", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if !slices.Contains(limitNames, name.Value) {
			text := fmt.Sprintf("line %d: there is no limit %q", name.Line, name.Value)
			if meant := near.Name(name.Value, limitNames); meant != "" {
				text += fmt.Sprintf(": did you mean %q?", meant)
			}
			return errors.New(text)
		}
		var number int64
		if err := value.Decode(&number); err != nil || value.Tag != "!!int" || number < 1 {
			return fmt.Errorf("line %d: limit %s: want a whole number above 0, got %q", value.Line, name.Value, value.Value)
		}
	}
	type fields Limits // without this method
	return n.Decode((*fields)(l))
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
