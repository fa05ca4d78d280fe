// This file makes and checks the ids of requests.

package gateway

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/stateful-entities/sfc"
)

// maxID is the longest request id, in bytes.
const maxID = 255

// CheckID refuses what cannot be a request's id: it has 1 to 255 visible ASCII characters.
func CheckID(id string) *sfc.Error {
	bad := strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	if bad || id == "" || len(id) > maxID {
		return Errorf("InvalidArgument", "request id %.300q: want 1 to %d visible ASCII characters", id, maxID)
	}
	return nil
}

// An id that a program makes for a request that has none is madePrefix, the second of its making in 8 characters
// (base32hex of 5 bytes, so that it sorts), and 128 random bits in 22 (base64url). An executor forgets it with its
// entry, unlike a client's id: that it had run is then known by its time.
const (
	madePrefix = "auto-"
	madeLength = len(madePrefix) + 8 + 22
)

var madeTime = base32.HexEncoding.WithPadding(base32.NoPadding)

// NewID makes an id for a request that has none.
func NewID(now time.Time) string {
	var second [8]byte
	binary.BigEndian.PutUint64(second[:], uint64(now.Unix()))
	var random [16]byte
	rand.Read(random[:])
	id := append(make([]byte, 0, madeLength), madePrefix...)
	id = madeTime.AppendEncode(id, second[3:])
	return string(base64.RawURLEncoding.AppendEncode(id, random[:]))
}

// MadeAt gives the second in which NewID made an id, and whether it did, as far as can be seen.
func MadeAt(id string) (time.Time, bool) {
	if len(id) != madeLength || !strings.HasPrefix(id, madePrefix) {
		return time.Time{}, false
	}
	second := make([]byte, 8)
	if _, err := madeTime.Decode(second[3:], []byte(id[len(madePrefix):len(madePrefix)+8])); err != nil {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(second)), 0).UTC(), true
}
