// This file finds damage in a write-ahead log that the database takes for the torn end of an interrupted write.

package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A log is a row of chunks in blocks of 32 KiB; no chunk passes the end of a block. Each says up to where the log was on
// disk when it was written. So what is invalid before such a place was damaged later: it is no write that a crash has
// interrupted. The database looks for such chunks only from the block on that comes after the invalid one, and takes
// damage in the last block for the end of the log: what comes behind, up to 32 KiB of acknowledged requests, would be
// gone without a word. (github.com/cockroachdb/pebble, record.Reader; the forms are in its record.go.)
const (
	logBlock  = 32 << 10
	logHeader = 19 // of a chunk with a promise: checksum, length (2 bytes), kind, number of the log (4), promise (8)
)

// kinds of chunks: each of them whole, first, middle or last part of a record.
const (
	kindPlain    = 1 // checksum, length, kind
	kindNumbered = 5 // and the number of the log
	kindPromise  = 9 // and up to where the log is on disk
	kindEnd      = 13
)

// checkLogs refuses a folder with a log that is damaged.
func checkLogs(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		digits, isLog := strings.CutSuffix(name, ".log")
		number, err := strconv.ParseUint(digits, 10, 64)
		if !isLog || err != nil {
			continue
		}
		path := fs.PathJoin(dir, name)
		if err := checkLog(fs, path, uint32(number)); err != nil {
			return fmt.Errorf("file %q is damaged (%w): restore the data folder from a backup", path, err)
		}
	}
	return nil
}

func checkLog(fs vfs.FS, path string, number uint32) error {
	f, err := fs.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	invalid := int64(-1) // where the first chunk begins that is none
	block := make([]byte, logBlock)
	for at := int64(0); ; at += logBlock {
		n, err := io.ReadFull(f, block)
		if err == io.EOF {
			return nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		b, from := block[:n], 0
		if invalid < 0 {
			if from = validTo(b, number); from < n {
				invalid = at + int64(from)
			}
		}
		if promise := furthest(b[from:], number); invalid >= 0 && promise > uint64(invalid) {
			return fmt.Errorf("%d bytes of it were on disk, and it cannot be read from byte %d on", promise, invalid)
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

// furthest gives the furthest place up to which a chunk anywhere in b says that the log was on disk.
func furthest(b []byte, number uint32) (promise uint64) {
	for at := 0; at+logHeader <= len(b); at++ {
		if b[at+6] < kindPromise || b[at+6] >= kindEnd || binary.LittleEndian.Uint32(b[at+7:]) != number {
			continue
		}
		if chunk(b[at:], number) > 0 {
			promise = max(promise, binary.LittleEndian.Uint64(b[at+11:]))
		}
	}
	return promise
}
