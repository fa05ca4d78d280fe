// This file makes requests to the engine in the same process.

package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	randv2 "math/rand/v2"
	"reflect"
	"strings"
	"sync"

	"github.com/stateful-entities/sfc"
	"github.com/stateful-entities/sfc/backends/gateway"
	"github.com/stateful-entities/sfc/backends/native/bench/plan/ledger"
	"github.com/stateful-entities/sfc/runner"
)

// functions are those of the application that are asked for.
type functions struct {
	newAccount, newDocument, newJournal *runner.Func
	edit, editNoted                     *runner.Func
	of                                  [kinds]*runner.Func
}

func findFunctions(p *runner.Program) (functions, error) {
	var f functions
	missing := ""
	find := func(name string) *runner.Func {
		for _, fn := range p.Funcs {
			if fn.Name == name {
				return fn
			}
		}
		missing = name
		return nil
	}
	f = functions{
		newAccount: find("NewAccount"), newDocument: find("NewDocument"), newJournal: find("NewJournal"),
		edit: find("Document.Edit"), editNoted: find("Document.EditNoted"),
		of: [kinds]*runner.Func{read: find("Account.Read"), update: find("Account.Update"), transfer: find("Account.Transfer")},
	}
	if missing != "" {
		return f, fmt.Errorf("the program has no function %s: is it another one?", missing)
	}
	return f, nil
}

// newID makes a request's id as the gateway does for a client that sends none.
func newID() string { return "auto-" + strings.ToLower(rand.Text()) }

// frame gives a call's frame with its arguments set. References are texts underneath.
func frame(fn *runner.Func, args ...any) runner.Frame {
	f := fn.New()
	for i, p := range f.Args() {
		switch p := p.(type) {
		case *int:
			*p = args[i].(int)
		case *string:
			*p = args[i].(string)
		case *[ledger.Fields]string:
			*p = args[i].([ledger.Fields]string)
		default:
			reflect.ValueOf(p).Elem().SetString(args[i].(string))
		}
	}
	return f
}

// inProcess is a program's executor, called as the gateway does once it has read a request.
type inProcess struct {
	exec      gateway.Executor
	functions functions
	records   *records
}

func (p *inProcess) name() string { return "engine" }

func (p *inProcess) session() (session, error) { return p, nil }

func (p *inProcess) do(ctx context.Context, o *operation) (bool, error) {
	fn := p.functions.of[o.kind]
	f := fn.New()
	switch args := f.Args(); o.kind {
	case update:
		*args[0].(*int), *args[1].(*string) = o.field, o.value
	case transfer:
		reflect.ValueOf(args[0]).Elem().SetString(p.records.names[o.b])
		*args[1].(*int) = o.amount
	}
	fail := p.call(ctx, fn, p.records.names[o.a], f)
	if fail == nil {
		return false, nil
	}
	if isAbort(o.kind, fail.Code) {
		return true, nil
	}
	return false, fail
}

// isAbort says whether an error is the transfer's own: too little money.
func isAbort(k kind, code string) bool { return k == transfer && code == "Application" }

// call makes one request.
func (p *inProcess) call(ctx context.Context, fn *runner.Func, key string, f runner.Frame) *sfc.Error {
	return p.exec.Call(ctx, gateway.Request{ID: newID(), Func: fn, Key: key, Frame: f}).Err
}

// create makes an entity before anything is measured.
func (p *inProcess) create(ctx context.Context, fn *runner.Func, args ...any) error {
	if fail := p.call(ctx, fn, "", frame(fn, args...)); fail != nil {
		return fmt.Errorf("%s %v: %w", fn.Name, args[0], fail)
	}
	return nil
}

// fill creates the accounts.
func (p *inProcess) fill(ctx context.Context, seed uint64) error {
	const loaders = 64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for l := range loaders {
		r := randv2.New(randv2.NewPCG(seed, uint64(l)))
		wg.Go(func() {
			for i := l; i < len(p.records.names) && ctx.Err() == nil; i += loaders {
				if err := p.create(ctx, p.functions.newAccount, p.records.names[i], deposit, p.records.fields(r)); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
