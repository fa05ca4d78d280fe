// This file says what a target is to the suite, and what a test can do with it.

package conformance

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/stateful-entities/sfc/backends"
)

// An Ability is something that can be done to a target, beyond sending requests.
type Ability string

// The abilities.
const (
	CanStart    Ability = "start an application of its own for a test"  // Start may be called again
	CanKill     Ability = "kill and start an application again"         // services are [Killer]s
	CanPrograms Ability = "run other programs than the suite's own app" // the target is a [Programs]
	CanQueue    Ability = "let few requests wait"                       // Start takes Settings.Queue
	CanForget   Ability = "keep answers for a short time only"          // Start takes Settings.Horizon
	CanGuard    Ability = "let in only who shows a token"               // Start takes Settings.Guarded
)

// Settings are what an application is started with, beyond what it usually has. Tests that set one need its ability.
type Settings struct {
	Queue   int           // how many requests may wait, before more are refused as Overloaded; 0: as many as usual
	Horizon time.Duration // how long answers are kept by the request's id, which is then refused as Expired; 0: as usual
	Guarded bool          // who shows no token is refused as Unauthenticated; sessions show one
}

// A Target is what is judged.
type Target interface {
	Name() string
	Features() backends.Features
	Abilities() []Ability
	// Start gives the running application: the suite's, empty if the target can start one, else as it is. It is started
	// once for all tests that share it, and again for those that need one of their own.
	Start(ctx context.Context, s Settings) (Service, error)
}

// Programs is a target that can run any program.
type Programs interface {
	Target
	// StartProgram runs one of the language cases, named as in Cases.
	StartProgram(ctx context.Context, name string) (Service, error)
}

// A Service is a running application. All methods may be called at once.
type Service interface {
	// Session gives a client. Clients are independent of each other.
	Session() Session
	// Stop ends the service, if it was started.
	Stop() error
}

// A Killer is a service whose process can be killed without a warning, and started again on what it left.
type Killer interface {
	Service
	Kill() error                       // returns when it is dead
	Terminate() error                  // asks it to end, as an operator would; returns when it has, with what it left in place
	Restart(ctx context.Context) error // after Kill or Terminate; sessions go on to work
}

// Bench is what the tests of one run share.
type Bench struct {
	target  Target
	options Options

	guard  sync.Mutex
	shared Service
	failed error
	names  int
}

// Shared gives the service that most tests use. Its entities are told apart by [Bench.Name].
func (b *Bench) Shared(t T) Service {
	t.Helper()
	b.guard.Lock()
	defer b.guard.Unlock()
	if b.shared == nil && b.failed == nil {
		b.shared, b.failed = b.target.Start(t.Context(), Settings{})
	}
	if b.failed != nil {
		t.Errorf("the application does not start: %v", b.failed)
		b.failed = errSaid
		t.FailNow()
	}
	return b.shared
}

// errSaid stands for an error that a test has told already.
var errSaid = errors.New("an earlier test tells why")

// Session gives a client of the shared service.
func (b *Bench) Session(t T) Session {
	t.Helper()
	return b.Shared(t).Session()
}

// Own starts a service for one test, which stops it. The test needs CanStart, or the abilities that its settings take.
func (b *Bench) Own(t T, settings Settings) Service {
	t.Helper()
	s, err := b.target.Start(t.Context(), settings)
	if err != nil {
		t.Errorf("the application does not start: %v", err)
		t.FailNow()
	}
	return s
}

// Name makes a name that no other test of any run has used, for keys and request ids: an endpoint keeps what earlier
// runs did.
func (b *Bench) Name(what string) string {
	b.guard.Lock()
	defer b.guard.Unlock()
	b.names++
	return fmt.Sprintf("%s-%s-%d", what, runName, b.names)
}

// Rand gives a source of choices for a test: the same for one seed.
func (b *Bench) Rand(t T, test string) *rand.Rand {
	t.Logf("seed %d", b.options.Seed)
	var seed [32]byte
	copy(seed[:], fmt.Sprint(b.options.Seed, " ", test))
	return rand.New(rand.NewChaCha8(seed))
}

// Times gives how often a test does something that it usually does n times.
func (b *Bench) Times(n int) int { return max(1, int(float64(n)*b.options.Effort)) }

// Target gives what is judged.
func (b *Bench) Target() Target { return b.target }

func (b *Bench) close(t T) {
	if b.shared == nil {
		return
	}
	if err := b.shared.Stop(); err != nil {
		t.Errorf("the application does not stop: %v", err)
	}
}

// runName tells the names of this process's runs from those of others.
var runName = crand.Text()[:8]
