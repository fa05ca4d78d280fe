// This file compares the program that a data folder is of with the one that opens it.

package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// layoutVersion is the form of the database; a newer form has a greater number.
const layoutVersion = 1

// stored says which program the states of a data folder are of.
type stored struct {
	Layout  int             `json:"layout"`
	ID      string          `json:"id"`
	Version int             `json:"version"`
	IR      json.RawMessage `json:"ir"`
}

// adopt makes the database that of a program, or refuses: another program's, or one whose states it cannot read.
func adopt(db *pebble.DB, p *runner.Program, text []byte, log *slog.Logger) error {
	old, err := get(db, keyProgram)
	if err != nil {
		return err
	}
	if old != nil {
		var before stored
		if err := json.Unmarshal(old, &before); err != nil {
			return fmt.Errorf("the stored program: %w", err)
		}
		if before.Layout != layoutVersion {
			return fmt.Errorf("its layout is version %d; this engine knows version %d", before.Layout, layoutVersion)
		}
		if before.ID != p.ID {
			return fmt.Errorf("it holds the states of program %q, not of %q: give another folder", before.ID, p.ID)
		}
		if bytes.Equal(compact(before.IR), compact(text)) {
			return nil
		}
		if err := compatible(db, before, p, text, log); err != nil {
			return err
		}
	}
	now, err := json.Marshal(stored{layoutVersion, p.ID, p.Version, text})
	if err != nil {
		return fmt.Errorf("the program's IR: %w", err)
	}
	return db.Set(keyProgram, now, pebble.Sync)
}

// compact drops space that has no meaning; what is no JSON stays as it is.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// compatible says whether a program reads the states of an earlier version. They are converted as they are loaded.
// Changes of signatures are the clients' business: they are logged.
func compatible(db *pebble.DB, before stored, p *runner.Program, text []byte, log *slog.Logger) error {
	older, err := ir.Decode(before.IR, "stored program")
	if err != nil {
		return fmt.Errorf("the stored program: %w", err)
	}
	newer, err := ir.Decode(text, "program.ir.json")
	if err != nil {
		return fmt.Errorf("the program's IR: %w", err)
	}
	var faults []string
	for _, c := range ir.Diff(older, newer) {
		name, isType := entityTypeOf(c.Where)
		switch {
		case !c.Breaking:
			log.Info("the program has changed", "where", c.Where, "what", c.What)
		case strings.HasPrefix(c.Where, "function "):
			log.Warn("the program has changed: clients of the version before will notice", "where", c.Where, "what", c.What)
		case isType && newer.Entity(name) == nil:
			some, err := hasEntities(db, name)
			if err != nil {
				return err
			}
			if some {
				faults = append(faults, c.String())
			}
		default:
			faults = append(faults, c.String())
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("version %d of program %q cannot read the states of version %d in it: %s", p.Version, p.ID, before.Version, strings.Join(faults, "; "))
}

// entityTypeOf gives the entity type that a change is about, if it is about the type as a whole.
func entityTypeOf(where string) (string, bool) {
	name, ok := strings.CutPrefix(where, "entity type ")
	return name, ok && !strings.Contains(name, ", ")
}

func hasEntities(db *pebble.DB, ty string) (bool, error) {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: typePrefix(ty), UpperBound: typeEnd(ty)})
	if err != nil {
		return false, err
	}
	some := it.First()
	if err := it.Error(); err != nil {
		it.Close()
		return false, err
	}
	return some, it.Close()
}
