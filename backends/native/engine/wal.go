// This file finds damage in a write-ahead log that the database takes for the torn end of an interrupted write.

package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log is a row of records, each a row of chunks in blocks of 32 KiB. The engine syncs each record before it writes the
// next one. So once a record begins behind a place, what is before that place was on disk: if it is invalid, it was
// damaged later, and is no write that a crash has interrupted.
//
// The database tells both apart less well: by what chunks say of how far the log had been synced, which leaves out all
// blocks that were full by then, and which it looks for only from the block on that comes after the invalid one. It takes
// the rest for the end of the log, and acknowledged requests behind it would be gone without a word.
// (github.com/cockroachdb/pebble/v2 2.1.7, record.Reader, LogWriter.flushLoop; the forms are in record.go.)
//
// The last record has none behind it: [Engine.vouch] writes one as soon as there is time.
const (
	logBlock  = 32 << 10
	logHeader = 19 // of a chunk with a promise: checksum, length (2 bytes), kind, number of the log (4), promise (8)
)

// kinds of chunks: in each group of four the whole of a record, its first, a middle and its last part.
const (
	kindPlain    = 1 // checksum, length, kind
	kindNumbered = 5 // and the number of the log
	kindPromise  = 9 // and up to where the log is on disk
	kindEnd      = 13
)

// checkLogs refuses a folder with a log that is damaged, cut off or gone.
func checkLogs(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	synced, err := guardedLogs(fs, dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		digits, isLog := strings.CutSuffix(name, logSuffix)
		number, err := strconv.ParseUint(digits, 10, 64)
		if !isLog || err != nil {
			continue
		}
		path := fs.PathJoin(dir, name)
		if err := checkLog(fs, path, uint32(number), synced[name]); err != nil {
			return fmt.Errorf("file %q is damaged (%w): restore the data folder from a backup", path, err)
		}
		delete(synced, name)
	}
	for name := range synced {
		return damagedList(fs.PathJoin(dir, name), os.ErrNotExist)
	}
	return nil
}

// checkLog refuses a log that is damaged, or shorter than it was. A log may end with the header of a chunk, which holds
// nothing.
func checkLog(fs vfs.FS, path string, number uint32, synced int64) error {
	f, err := fs.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	invalid := int64(-1) // where the first chunk begins that is none
	size := int64(0)
	block := make([]byte, logBlock)
	for at := int64(0); ; at += logBlock {
		n, err := io.ReadFull(f, block)
		if err == io.EOF {
			if invalid < 0 {
				invalid = size
			}
			if invalid < synced-logHeader {
				return fmt.Errorf("it cannot be read from byte %d on, and was on disk up to byte %d at least", invalid, synced)
			}
			return nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		size = at + int64(n)
		b, from := block[:n], 0
		if invalid < 0 {
			if from = validTo(b, number); from < n {
				invalid = at + int64(from)
			}
		}
		if invalid < 0 {
			continue
		}
		if next := lastBegin(b[from:], number); next >= 0 {
			return fmt.Errorf("it cannot be read from byte %d on, and was on disk up to byte %d at least", invalid, at+int64(from+next))
		}
	}
}

// validTo gives where the first invalid chunk of a block begins; its length if there is none.
func validTo(b []byte, number uint32) int {
	at := 0
	for {
		if rest := b[at:]; len(rest) < logHeader && len(bytes.Trim(rest, "\x00")) == 0 { // too short for a chunk: filled
			return len(b)
		}
		n := chunk(b[at:], number)
		if n == 0 {
			return at
		}
		at += n
	}
}

// chunk gives the length of the chunk at the begin of b, 0 if there is no valid one.
func chunk(b []byte, number uint32) int {
	if len(b) < 7 {
		return 0
	}
	header := 7
	switch kind := b[6]; {
	case kind >= kindPromise && kind < kindEnd:
		header = logHeader
	case kind >= kindNumbered && kind < kindPromise:
		header = 11
	case kind < kindPlain || kind >= kindEnd:
		return 0
	}
	n := header + int(binary.LittleEndian.Uint16(b[4:]))
	if n > len(b) || header > 7 && binary.LittleEndian.Uint32(b[7:]) != number {
		return 0
	}
	if binary.LittleEndian.Uint32(b) != masked(crc32.Checksum(b[6:n], castagnoli)) {
		return 0
	}
	return n
}

// masked is how logs write checksums.
func masked(sum uint32) uint32 { return bits.RotateLeft32(sum, 17) + 0xa282ead8 }

// lastBegin gives where the last record begins that begins in b, at any place; -1 if none does.
func lastBegin(b []byte, number uint32) int {
	for at := len(b) - logHeader; at >= 0; at-- {
		whole, first := b[at+6] == kindPromise, b[at+6] == kindPromise+1
		if (whole || first) && chunk(b[at:], number) > 0 {
			return at
		}
	}
	return -1
}
