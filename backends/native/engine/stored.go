// This file compares the programs that a data folder is of with the one that opens it.

package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"github.com/stateful-entities/sfc/ir"
	"github.com/stateful-entities/sfc/runner"
)

// A newer program reads the states that older ones have written when a request touches them, and writes them as its
// own: an upgrade takes no longer than a start, and a state may be of any version that the folder ever had. So a program
// is compared with all of them.
//
// Breaking changes of states are refused: they would make entities unreadable, or read wrongly. Breaking changes of
// signatures are not, they are logged: nothing that is stored depends on them. What the history keeps of a request is
// its answer, which is given again as it was, whatever the program is now, and its arguments in the form of the program
// that ran it; those are neither shown nor compared once the function's parameters have another form.

// layoutVersion is the form of the database; a newer form has a greater number.
const layoutVersion = 2

// stored is one of the programs that a data folder is of.
type stored struct {
	Layout  int             `json:"layout"`
	ID      string          `json:"id"`
	Version int             `json:"version"`
	Number  int             `json:"number"` // counts the programs that the folder was opened with, from 1
	IR      json.RawMessage `json:"ir"`
	// Params has, by function, what its parameters are; without it in programs that are no longer the newest.
	Params map[string]params `json:"params,omitempty"`

	program *ir.Program // IR, decoded
}

// params identify the parameters of a function.
type params struct {
	Form  string `json:"form"`
	Since int    `json:"since"` // the program with which they took this form
}

// adopt makes the database that of a program, or refuses: another program's, or one whose states it cannot read.
func adopt(db *pebble.DB, p *runner.Program, text []byte, log *slog.Logger) (*stored, error) {
	before, err := readStored(db, keyProgram)
	if err != nil {
		return nil, err
	}
	if before != nil && before.Layout != layoutVersion {
		return nil, fmt.Errorf("its layout is version %d; this engine knows version %d", before.Layout, layoutVersion)
	}
	if before != nil && before.ID != p.ID {
		return nil, fmt.Errorf("it holds the states of program %q, not of %q: give another folder", before.ID, p.ID)
	}
	if before != nil && bytes.Equal(compact(before.IR), compact(text)) {
		return before, nil
	}
	now := &stored{Layout: layoutVersion, ID: p.ID, Version: p.Version, Number: 1, IR: text}
	if err := now.decode(); err != nil {
		return nil, err
	}
	b := db.NewBatch()
	defer b.Close()
	if before != nil {
		now.Number = before.Number + 1
		if err := replace(db, b, before, now, log); err != nil {
			return nil, err
		}
	}
	now.Params = paramsOf(now, before)
	if err := put(b, keyProgram, now); err != nil {
		return nil, err
	}
	if err := b.Commit(pebble.Sync); err != nil || before != nil {
		return now, err
	}
	// The log that a new database begins with is of an old format, in which damage looks like the torn end of a write:
	// nothing else is to be in it.
	return now, db.Flush()
}

// replace checks a program against all before it, and keeps the one before if its states have another form.
func replace(db *pebble.DB, b *pebble.Batch, before, now *stored, log *slog.Logger) error {
	if err := before.decode(); err != nil {
		return err
	}
	older, err := olderPrograms(db)
	if err != nil {
		return err
	}
	all := append(older, before)
	var faults []string
	for _, old := range all {
		some, err := compare(db, old, now, log)
		if err != nil {
			return err
		}
		faults = append(faults, some...)
	}
	if faults = append(faults, lost(append(all, now))...); len(faults) > 0 {
		slices.Sort(faults)
		return fmt.Errorf("version %d of program %q cannot read the states in it: %s: start a version that can, or give another folder",
			now.Version, now.ID, strings.Join(slices.Compact(faults), "; "))
	}
	if changesState(before.program, now.program) || changesState(now.program, before.program) {
		before.Params = nil
		return put(b, olderKey(before.Number), before)
	}
	return nil
}

func (s *stored) decode() (err error) {
	if s.program, err = ir.Decode(s.IR, "program.ir.json"); err != nil {
		return fmt.Errorf("the IR of version %d of the program: %w", s.Version, err)
	}
	return nil
}

func readStored(r pebble.Reader, key []byte) (*stored, error) {
	b, err := get(r, key)
	if b == nil || err != nil {
		return nil, err
	}
	s := &stored{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("the stored program: %w", err)
	}
	return s, nil
}

// olderPrograms are those of which states may be left, oldest first.
func olderPrograms(db *pebble.DB) (list []*stored, err error) {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixProgram}, UpperBound: []byte{prefixProgram + 1}})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		s := &stored{}
		if err := json.Unmarshal(it.Value(), s); err != nil {
			return nil, fmt.Errorf("a stored program: %w", err)
		}
		if err := s.decode(); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, it.Error()
}

func olderKey(number int) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefixProgram}, uint64(number))
}

func put(b *pebble.Batch, key []byte, s *stored) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("the program's IR: %w", err)
	}
	return b.Set(key, text, nil)
}

// compact drops space that has no meaning; what is no JSON stays as it is.
func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// compare gives what a program cannot read of the states of an older one. Of a type without entities it need not read
// any.
func compare(db *pebble.DB, old, now *stored, log *slog.Logger) ([]string, error) {
	var faults []string
	for _, c := range ir.Diff(old.program, now.program) {
		ty, isState := strings.CutPrefix(c.Where, "entity type ")
		ty, _, _ = strings.Cut(ty, ", ")
		switch {
		case !c.Breaking:
			log.Info("the program has changed", "since", old.Version, "where", c.Where, "what", c.What)
		case strings.HasPrefix(c.Where, "function "):
			log.Warn("the program has changed: clients of the version before will notice", "since", old.Version, "where", c.Where, "what", c.What)
		case isState:
			some, err := hasEntities(db, ty)
			if err != nil {
				return nil, err
			}
			if some {
				faults = append(faults, c.String())
			}
		default:
			faults = append(faults, c.String())
		}
	}
	return faults, nil
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

// changesState says whether two programs differ in more than signatures.
func changesState(old, now *ir.Program) bool {
	return slices.ContainsFunc(ir.Diff(old, now), func(c ir.Change) bool { return !strings.HasPrefix(c.Where, "function ") })
}

// lost gives the fields that have only been renamed, step by step, since some version, and that the newest program would
// take for removed when it reads a state of that version: it knows a field's last earlier name only.
func lost(all []*stored) (faults []string) {
	now := all[len(all)-1]
	for k, old := range all[:len(all)-1] {
		for _, t := range old.program.Types {
			for _, f := range t.Struct {
				name := follow(all[k:], t.Name, f.Name)
				if name != "" && name != fieldAfter(old.program, now.program, t.Name, f.Name) {
					faults = append(faults, fmt.Sprintf("type %s, field %s: it was called %s in version %d, whose states may be left: keep its name, and //sfc:was %s",
						t.Name, name, f.Name, old.Version, f.Name))
				}
			}
		}
	}
	return faults
}

// follow gives the name of a field in the newest program, "" if it has gone on the way.
func follow(programs []*stored, ty, field string) string {
	for i := 1; i < len(programs) && field != ""; i++ {
		field = fieldAfter(programs[i-1].program, programs[i].program, ty, field)
	}
	return field
}

// fieldAfter gives the field of a newer program that reads what an older one has written as field; "" if none does.
func fieldAfter(old, now *ir.Program, ty, field string) string {
	before, after := old.Type(ty), now.Type(ty)
	if before == nil || after == nil {
		return ""
	}
	has := func(t *ir.TypeDef, name string) bool {
		return slices.ContainsFunc(t.Struct, func(f *ir.FieldDef) bool { return f.Name == name })
	}
	if has(after, field) {
		return field
	}
	for _, f := range after.Struct {
		if f.Was == field && !has(before, f.Name) {
			return f.Name
		}
	}
	return ""
}

// paramsOf gives the parameters of a program's functions, and since when they have their form.
func paramsOf(now, before *stored) map[string]params {
	all := map[string]params{}
	if before != nil { // a function that has gone may come back
		for name, p := range before.Params {
			all[name] = p
		}
	}
	types := typesOf(now.program)
	for _, f := range now.program.Funcs {
		form := formOf(now.program, f, types)
		if old, ok := all[f.Name]; f.Exported && (!ok || old.Form != form) {
			all[f.Name] = params{form, now.Number}
		}
	}
	return all
}

// formOf identifies the parameters of a function by their names and types; if one is of a declared type, by all types of
// the program, since it may contain any, or hold any behind an interface.
func formOf(p *ir.Program, f *ir.Func, types []byte) string {
	h := sha256.New()
	declared := false
	for _, l := range f.Params {
		fmt.Fprintf(h, "%s %s\n", l.Name, l.Type)
		declared = declared || !plain(l.Type)
	}
	if declared {
		h.Write(types)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// plain says whether values of a type are written in one way for ever.
func plain(t *ir.Type) bool {
	switch t.Kind {
	case ir.ListKind, ir.ArrayKind, ir.PtrKind:
		return plain(t.Elem)
	case ir.MapKind:
		return plain(t.Key) && plain(t.Elem)
	case ir.NamedKind, ir.Any, ir.Error, ir.Host, ir.FuncKind:
		return false
	}
	return true
}

// typesOf writes the types of a program, without what has no influence on the form of values.
func typesOf(p *ir.Program) []byte {
	var b bytes.Buffer
	for _, t := range p.Types {
		fmt.Fprintf(&b, "%s = %s %d\n", t.Name, t.Is, len(t.Iface))
		for _, f := range t.Struct {
			fmt.Fprintf(&b, "\t%s %s\n", f.Name, f.Type)
		}
	}
	return b.Bytes()
}
