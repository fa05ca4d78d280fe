// This file tests backups over HTTP.

package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/backends/gateway/gatewaytest"
	"github.com/stateful-entities/sfc/internal/backup"
)

// keeper is an executor whose copies are made by a function.
type keeper struct {
	closing
	copy func(dir string) error
}

func (k keeper) Backup(dir string) error { return k.copy(dir) }

func TestBackup(t *testing.T) {
	data := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(data, "backup-123", "copy"), 0o755)) // of a process that was killed
	entered, leave := make(chan bool, 1), make(chan error, 1)
	target := testTarget(func(Options) (Executor, error) {
		return keeper{copy: func(dir string) error {
			require.Equal(t, data, filepath.Dir(filepath.Dir(dir)), "on the same disk")
			entered <- true
			if err := <-leave; err != nil {
				return err
			}
			return errors.Join(os.MkdirAll(filepath.Join(dir, "db"), 0o755), os.WriteFile(filepath.Join(dir, "db", "x"), []byte("states"), 0o600))
		}}, nil
	})
	s := start(t, target, "--listen", "127.0.0.1:0", "--data", data)
	require.NoDirExists(t, filepath.Join(data, "backup-123"))

	type answer struct {
		body io.Reader
		size string
	}
	first := make(chan answer, 1)
	go func() {
		resp, err := s.client.Get(s.url + "/backup")
		if err != nil {
			first <- answer{body: strings.NewReader(err.Error())}
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		first <- answer{bytes.NewReader(body), resp.Header.Get(HeaderSize)}
	}()
	<-entered
	status, body := s.get(t, "/backup")
	require.Equal(t, 429, status, body)
	leave <- nil
	got := <-first
	require.Equal(t, "6", got.size)
	restored := filepath.Join(t.TempDir(), "data")
	require.NoError(t, backup.Restore(got.body, restored, func(l *backup.List) {
		require.Len(t, l.Files, 1)
		require.Equal(t, "db/x", l.Files[0].Name)
		require.EqualValues(t, 6, l.Files[0].Size)
		require.Equal(t, gatewaytest.Program().ID, l.Program)
		require.Equal(t, "test", l.Target)
	}, func(string, *backup.List) error { return nil }))
	text, err := os.ReadFile(filepath.Join(restored, "db", "x"))
	require.NoError(t, err)
	require.Equal(t, "states", string(text))

	leave <- errors.New("the disk is full")
	status, body = s.get(t, "/backup")
	require.Equal(t, 503, status)
	require.Contains(t, body, "the disk is full")
	s.stop(t)
	left, err := os.ReadDir(data)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestBackupOfTargetsThatKeepNothing(t *testing.T) {
	h := NewHandler(gatewaytest.Program(), nil, closing{})
	for method, want := range map[string]int{http.MethodGet: 501, http.MethodPost: 405} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/backup", nil))
		require.Equal(t, want, w.Code)
	}
}
