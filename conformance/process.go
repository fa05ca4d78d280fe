// This file makes a target of a backend: its bundles run as processes of this machine.

package conformance

import (
	"bufio"
	"bytes"
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/stateful-entities/sfc/backends"
	"github.com/stateful-entities/sfc/internal/module"
	"github.com/stateful-entities/sfc/internal/scratch"
	"github.com/stateful-entities/sfc/ir"
)

// Process is a target whose applications are processes that it builds and starts.
type Process struct {
	// Talk is told what takes long; nil: nobody.
	Talk io.Writer

	name    string
	backend backends.Backend
	args    []string // for each application, before --listen and --data
	built   *built
}

// built is what targets of one backend share: the executables, each built when it is first needed.
type built struct {
	guard  sync.Mutex
	folder *scratch.Folder // of all that is written; nil before the first need
	app    *executable
	cases  *executable
	seq    int
}

// executable is a program that was built, or why it was not.
type executable struct {
	path    string
	err     error
	refused map[string]error // cases that are not in it
}

// NewProcess makes the target of a backend. Close removes what it wrote.
func NewProcess(b backends.Backend) *Process {
	return &Process{name: b.Name(), backend: b, built: &built{}}
}

// With gives a target of another name that runs the same executables with more arguments.
func (p *Process) With(name string, args ...string) *Process {
	return &Process{Talk: p.Talk, name: name, backend: p.backend, args: slices.Concat(p.args, args), built: p.built}
}

// Name is the backend's, unless the target was made by With.
func (p *Process) Name() string { return p.name }

// Features are the backend's.
func (p *Process) Features() backends.Features { return p.backend.Features() }

// Names of options of backends that the suite sets, to see what happens beyond: how many requests may wait, and how long
// answers are kept.
const (
	optionQueue   = "queue"
	optionHorizon = "horizon"
)

// Abilities are all, as far as the backend has options for them.
func (p *Process) Abilities() []Ability {
	able := []Ability{CanStart, CanKill, CanPrograms, CanGuard}
	if slices.Contains(p.backend.Options(), optionQueue) {
		able = append(able, CanQueue)
	}
	if slices.Contains(p.backend.Options(), optionHorizon) {
		able = append(able, CanForget)
	}
	return able
}

// Close removes executables and data, also those of targets made by With. Services must have been stopped.
func (p *Process) Close() error {
	p.built.guard.Lock()
	defer p.built.guard.Unlock()
	if p.built.folder == nil {
		return nil
	}
	folder := p.built.folder
	p.built.folder, p.built.app, p.built.cases = nil, nil, nil
	return folder.Remove()
}

// Start runs the suite's application, empty. What it returns is also a [Killer].
func (p *Process) Start(ctx context.Context, s Settings) (Service, error) {
	exe, data, err := p.prepare(func(b *built) **executable { return &b.app }, func(dir string) *executable {
		return p.buildApp(ctx, dir)
	})
	if err != nil {
		return nil, err
	}
	args := slices.Clone(p.args)
	if s.Queue > 0 {
		args = append(args, "--"+optionQueue, fmt.Sprint(s.Queue))
	}
	if s.Horizon > 0 {
		args = append(args, "--"+optionHorizon, s.Horizon.String())
	}
	token := ""
	if s.Guarded {
		token = crand.Text()
		if err := os.WriteFile(data+".tokens", []byte("# of a test\n"+crand.Text()+"\n"+token+"\n"), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--token-file", data+".tokens")
	}
	return start(ctx, exe.path, args, data, token)
}

// StartProgram runs one of the language cases, empty.
func (p *Process) StartProgram(ctx context.Context, name string) (Service, error) {
	exe, data, err := p.prepare(func(b *built) **executable { return &b.cases }, func(dir string) *executable {
		return p.buildCases(ctx, dir)
	})
	if err == nil {
		err = exe.refused[name]
	}
	if err != nil {
		return nil, err
	}
	return start(ctx, exe.path, append([]string{name}, p.args...), data, "")
}

// tempPrefix begins the names of the suite's temporary folders.
const tempPrefix = "sfc-conformance-"

// prepare gives an executable, built by make if it is not there yet, and a folder for data.
func (p *Process) prepare(which func(*built) **executable, build func(dir string) *executable) (exe *executable, data string, err error) {
	b := p.built
	b.guard.Lock()
	defer b.guard.Unlock()
	if b.folder == nil {
		if b.folder, err = scratch.New("", tempPrefix); err != nil {
			return nil, "", err
		}
	}
	x := which(b)
	if *x == nil {
		*x = build(b.folder.Path)
	}
	if (*x).err != nil {
		return nil, "", (*x).err
	}
	b.seq++
	data = filepath.Join(b.folder.Path, "data")
	return *x, filepath.Join(data, fmt.Sprint(b.seq)), os.MkdirAll(data, 0o700)
}

func (p *Process) say(format string, args ...any) {
	if p.Talk != nil {
		fmt.Fprintf(p.Talk, format+"\n", args...)
	}
}

func (p *Process) buildApp(ctx context.Context, dir string) *executable {
	p.say("sfc: building the suite's application for %s", p.backend.Name())
	program, err := CompileApp()
	if err != nil {
		return &executable{err: err}
	}
	if err := backends.Check(program, p.backend, nil); err != nil {
		return &executable{err: err}
	}
	bundle, err := p.lower(program)
	if err != nil {
		return &executable{err: err}
	}
	return goBuild(ctx, bundle, filepath.Join(dir, "app"))
}

func (p *Process) lower(program *ir.Program) (*backends.Bundle, error) {
	own, err := module.Runtime(os.Getenv("SFC_MODULE"))
	if err != nil {
		return nil, err
	}
	o := backends.Options{Tool: "sfc " + module.Version(), Module: module.BundlePath}
	if o.GoMod, o.GoSum, err = module.Bundle(nil, own, false); err != nil {
		return nil, err
	}
	return p.backend.Lower(program, o)
}

// goBuild writes a bundle to a folder and builds it there. Paths are trimmed, so that the compiler's cache serves every
// run.
func goBuild(ctx context.Context, bundle *backends.Bundle, dir string) *executable {
	if err := bundle.Write(dir); err != nil {
		return &executable{err: err}
	}
	exe := filepath.Join(dir, "bin", "program")
	if out, err := module.Build(ctx, dir, exe, "-trimpath"); err != nil {
		return &executable{err: fmt.Errorf("the Go compiler refuses the bundle: %w\n%s", err, bytes.TrimSpace(out))}
	}
	return &executable{path: exe}
}

// buildCases builds one program of all language cases: its first argument names the one to serve.
func (p *Process) buildCases(ctx context.Context, dir string) *executable {
	p.say("sfc: building the language cases for %s (the first time takes minutes)", p.backend.Name())
	cases, refused, err := compileCases()
	if err != nil {
		return &executable{err: err}
	}
	own, err := module.Runtime(os.Getenv("SFC_MODULE"))
	if err != nil {
		return &executable{err: err}
	}
	all := &backends.Bundle{Files: map[string][]byte{}}
	if all.Files["go.mod"], all.Files["go.sum"], err = module.Bundle(nil, own, false); err != nil {
		return &executable{err: err}
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		o := backends.Options{Tool: "sfc " + module.Version(), Library: module.BundlePath + "/" + name}
		one, err := p.backend.Lower(cases[name], o)
		if err != nil {
			refused[name] = err
			continue
		}
		for file, text := range one.Files {
			all.Files[name+"/"+file] = text
		}
	}
	for {
		all.Files["main.go"] = mainOfCases(cases, refused)
		exe := goBuild(ctx, all, filepath.Join(dir, "cases"))
		exe.refused = refused
		if exe.err == nil || !leaveOut(cases, refused, exe.err) {
			return exe
		}
	}
}

// badPackage is what the Go compiler writes above what it finds in a package.
var badPackage = regexp.MustCompile(`(?m)^# ` + regexp.QuoteMeta(module.BundlePath) + `/(\S+)$`)

// leaveOut refuses the cases whose generated code the Go compiler refuses, and says whether there are any.
func leaveOut(cases map[string]*ir.Program, refused map[string]error, err error) (found bool) {
	for _, m := range badPackage.FindAllStringSubmatch(err.Error(), -1) {
		for name := range cases {
			if strings.HasPrefix(m[1]+"/", name+"/") && refused[name] == nil {
				refused[name], found = err, true
			}
		}
	}
	return found
}

func mainOfCases(cases map[string]*ir.Program, refused map[string]error) []byte {
	var imports, entries strings.Builder
	for i, name := range slices.Sorted(maps.Keys(cases)) {
		if refused[name] == nil {
			fmt.Fprintf(&imports, "\tp%d %q\n", i, module.BundlePath+"/"+name)
			fmt.Fprintf(&entries, "\t%q: p%d.Target,\n", name, i)
		}
	}
	return fmt.Appendf(nil, casesMain, imports.String(), entries.String())
}

const casesMain = `// Command cases serves the language case that its first argument names.
package main

import (
	"os"

	"github.com/stateful-entities/sfc/backends/gateway"
%s)

var targets = map[string]func() gateway.Target{
%s}

func main() {
	target := targets[os.Args[1]]()
	os.Args = append(os.Args[:1], os.Args[2:]...)
	gateway.Main(target)
}
`

// process is a running application.
type process struct {
	exe   string
	args  []string
	data  string // its folder
	token string // that sessions show

	guard    sync.Mutex
	endpoint string
	cmd      *exec.Cmd  // nil if it is not running
	ended    chan error // gives what Wait said
	said     *tail
}

// Bounds of a process, generous: machines that run tests are busy.
const (
	startTime = time.Minute
	stopTime  = 30 * time.Second
)

// start runs an executable on a folder for data and waits until it listens.
func start(ctx context.Context, exe string, args []string, data, token string) (*process, error) {
	p := &process{exe: exe, args: slices.Concat(args, []string{"--listen", "127.0.0.1:0", "--data", data}), data: data, token: token}
	return p, p.Restart(ctx)
}

// Restart starts the process on the data that an earlier one has left.
func (p *process) Restart(ctx context.Context) error {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.cmd != nil {
		return errors.New("the process is running")
	}
	cmd, said := exec.Command(p.exe, p.args...), &tail{}
	cmd.Stderr = said
	line, ended, err := launch(cmd)
	if err != nil {
		return err
	}
	select {
	case first := <-line:
		if endpoint, ok := strings.CutPrefix(strings.TrimSpace(first), "listening on "); ok {
			p.endpoint, p.cmd, p.ended, p.said = endpoint, cmd, ended, said
			return nil
		}
		err = errors.New("it does not say where it listens")
	case <-time.After(startTime):
		err = fmt.Errorf("it does not listen within %v", startTime)
	case <-ctx.Done():
		err = ctx.Err()
	}
	cmd.Process.Kill()
	return fmt.Errorf("%w: %v\n%s", err, <-ended, said)
}

// launch starts a process that ends with this one. line gives the first line that it writes, ended what Wait says.
func launch(cmd *exec.Cmd) (line chan string, ended chan error, err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	started := make(chan error, 1)
	line, ended = make(chan string, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // it would end with the thread
		defer runtime.UnlockOSThread()
		tie(cmd)
		err := cmd.Start()
		if started <- err; err != nil {
			return
		}
		lines := bufio.NewReader(out)
		first, _ := lines.ReadString('\n')
		line <- first
		io.Copy(io.Discard, lines) // Wait closes the pipe
		ended <- cmd.Wait()
	}()
	return line, ended, <-started
}

// Session gives a client.
func (p *process) Session() Session {
	return newSession(func() string {
		p.guard.Lock()
		defer p.guard.Unlock()
		return p.endpoint
	}, p.token)
}

// Kill ends the process at once.
func (p *process) Kill() error {
	return p.end(syscall.SIGKILL, func(err error) error {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() < 0 { // by the signal
			return nil
		}
		return fmt.Errorf("the process had ended before it was killed: %v\n%s", err, p.said)
	})
}

// Terminate asks the process to end.
func (p *process) Terminate() error {
	return p.end(syscall.SIGTERM, func(err error) error {
		if err != nil {
			return fmt.Errorf("%w\n%s", err, p.said)
		}
		return nil
	})
}

// Stop ends the service, and removes its data: some targets take much room for little.
func (p *process) Stop() error {
	p.guard.Lock()
	running := p.cmd != nil
	p.guard.Unlock()
	var err error
	if running {
		err = p.Terminate()
	}
	return errors.Join(err, os.RemoveAll(p.data))
}

// end sends a signal and judges how the process ends.
func (p *process) end(s os.Signal, judge func(error) error) error {
	p.guard.Lock()
	defer p.guard.Unlock()
	if p.cmd == nil {
		return errors.New("the process is not running")
	}
	cmd := p.cmd
	p.cmd = nil
	if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-p.ended:
		return judge(err)
	case <-time.After(stopTime):
		cmd.Process.Kill()
		return fmt.Errorf("the process does not end within %v of %v: %v\n%s", stopTime, s, <-p.ended, p.said)
	}
}

// tail keeps the last of what a process says.
type tail struct {
	guard sync.Mutex
	text  []byte
}

const maxTail = 8 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.text = append(t.text, text...)
	if n := len(t.text) - maxTail; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(text), nil
}

func (t *tail) String() string {
	t.guard.Lock()
	defer t.guard.Unlock()
	return string(t.text)
}
