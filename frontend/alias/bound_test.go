// This file holds the analysis to its bounds, counted in units of work: programs that would take for ever end.

package alias_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/stateful-entities/sfc/frontend"
	"github.com/stateful-entities/sfc/frontend/alias"
	"github.com/stateful-entities/sfc/internal/diag"
	"github.com/stateful-entities/sfc/ir"
)

// TestWorkGrowsWithTheProgram: four times as much of ordinary code takes about four times the work, and 5 000 lines take
// a small part of what is allowed.
func TestWorkGrowsWithTheProgram(t *testing.T) {
	small, large := ordinary(12), ordinary(48)
	require.GreaterOrEqual(t, strings.Count(large, "\n"), 5000)
	findings, few := alias.Checked(accepted(t, small))
	assert.Empty(t, findings)
	findings, many := alias.Checked(accepted(t, large))
	assert.Empty(t, findings)
	t.Logf("%d lines: %d units, %d lines: %d units", strings.Count(small, "\n"), few, strings.Count(large, "\n"), many)
	assert.Less(t, many, 5*few, "work grows faster than the program")
	assert.Less(t, many, alias.PreciseWork/5)
}

// TestTangledProgramsAreFollowed: recovers, many chains of calls and helpers that call each other over shared memory are
// too much for an analysis that tells all chains of calls apart; it ends all the same, with an answer.
func TestTangledProgramsAreFollowed(t *testing.T) {
	for _, n := range []int{3, 4} {
		source := tangled(n)
		findings, units := alias.Checked(accepted(t, source))
		t.Logf("%d lines: %d units", strings.Count(source, "\n"), units)
		assert.Empty(t, findings)
		assert.Greater(t, units, alias.PreciseWork, "no program for this test: the first attempt did it")
		assert.Less(t, units, alias.PreciseWork+alias.CoarseWork)
	}
}

// TestLongFunctionsAreFollowed: a function of 500 lines with a hundred calls to others, which all look at one list that is
// grown in between, once took minutes.
func TestLongFunctionsAreFollowed(t *testing.T) {
	findings, units := alias.Checked(accepted(t, long(100)))
	assert.Empty(t, findings)
	t.Logf("%d units", units)
	assert.Less(t, units, alias.PreciseWork)
}

// TestWhatIsTooTangledIsRefused: 400 lines that stay too much are refused, at the same place each time.
func TestWhatIsTooTangledIsRefused(t *testing.T) {
	dir := module(t, tangled(10))
	var first string
	for range 2 {
		_, err := frontend.Compile(frontend.Options{Dir: dir, Pattern: "."})
		found := diag.Of(err)
		require.Len(t, found, 1)
		assert.Equal(t, "SF1406", found[0].Code)
		assert.Equal(t, "app.go", filepath.Base(found[0].Pos.File))
		assert.Positive(t, found[0].Pos.Line)
		assert.NotEmpty(t, found[0].Help)
		if first == "" {
			first = err.Error()
		}
		assert.Equal(t, first, err.Error())
	}
}

func accepted(t *testing.T, source string) *ir.Program {
	t.Helper()
	r, err := frontend.Compile(frontend.Options{Dir: module(t, source), Pattern: "."})
	require.NoError(t, err)
	return r.Program
}

func module(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/app\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.go"), []byte(source), 0o644))
	return dir
}

// tangled has n helpers that call each other and link what they are given, recover included, and n entities that hand the
// results around.
func tangled(n int) string {
	var b strings.Builder
	b.WriteString("package app\n\ntype node struct {\n\tleft, right *node\n\tkids []*node\n\tby map[string]*node\n\tany any\n}\n")
	for i := range n {
		fill(&b, `
func h$0(n *node, d int) (r *node) {
	defer func() {
		if x := recover(); x != nil {
			r = &node{any: x, left: n}
		}
	}()
	if d == 0 {
		panic(n)
	}
	m := &node{left: n.right, right: h$1(n.left, d-1)}
	m.kids = append(n.kids, h$2(m, d-1), h$3(n, d-2))
	if x, ok := m.any.(*node); ok {
		m.by = map[string]*node{"x": x}
	}
	return m
}
`, i, (i+1)%n, (3*i+2)%n, (7*i+3)%n)
		fill(&b, `
//sfc:entity
type E$0 struct {
	id   string
	root *node
	next *E$1
}

func NewE$0(id string) *E$0 { return &E$0{id: id} }
func (e *E$0) Key() string { return e.id }
func (e *E$0) Go(n *node, d int) *node {
	defer func() {
		if x := recover(); x != nil {
			e.root = &node{any: x}
			panic(x)
		}
	}()
	got := e.next.Go(h$0(n, d), d-1) //sfc:copy
	e.root = h$2(got, d)
	return h$3(e.root, d)
}
`, i, (i+1)%n, (i+5)%n, (i+9)%n)
	}
	return b.String()
}

// long has one function with n calls to another entity.
func long(n int) string {
	var b strings.Builder
	b.WriteString(`package app

type node struct {
	a  *node
	xs []int
}

//sfc:entity
type S struct {
	name string
	next *S
}

func NewS(name string) *S { return &S{name: name} }
func (s *S) Key() string  { return s.name }

func (s *S) Get(x []int, n *node) []int { return x[:1:1] }

func (s *S) Long(q int, m map[int]*node) int {
	x := []int{1, 2, 3}
	n := &node{xs: x}
`)
	for i := range n {
		fill(&b, `
	if q > $0 {
		y := s.next.Get(append([]int{}, x...), &node{xs: x})
		x = append(x, len(y))
		m[$0] = &node{a: n}
	} else {
		x = x[:len(x):len(x)]
	}
`, i)
	}
	b.WriteString("\treturn len(x)\n}\n")
	return b.String()
}

// ordinary has n entities, in groups of ten that know each other, with what many entities have: plain structs in lists
// and maps, helpers, loops, errors, a recover, calls to others.
func ordinary(n int) string {
	var b strings.Builder
	b.WriteString("package app\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n\t\"sort\"\n\t\"strings\"\n)\n\nvar ErrLow = errors.New(\"too low\")\n")
	b.WriteString("\nfunc describe(parts ...any) string { return strings.TrimSpace(fmt.Sprintln(parts...)) }\n")
	for i := range n {
		group := i / 10 * 10
		size := min(10, n-group)
		fill(&b, `
type line$0 struct {
	text   string
	amount int
	tags   []string
	owner  *Account$1
}

func (l *line$0) total() int {
	sum := 0
	for _, t := range l.tags {
		sum += len(t)
	}
	return sum*10 + l.amount
}

func (l *line$0) tag(t string) {
	for _, x := range l.tags {
		if x == t {
			return
		}
	}
	l.tags = append(l.tags, t)
}

//sfc:entity
type Account$0 struct {
	id      string
	balance int
	lines   []*line$0
	byText  map[string]*line$0
	peer    *Account$1
	other   *Account$2
	log     []string
}

func NewAccount$0(id string, balance int) (*Account$0, error) {
	if balance < 0 {
		return nil, fmt.Errorf("account %q: %w", id, ErrLow)
	}
	return &Account$0{id: id, balance: balance, byText: map[string]*line$0{}}, nil
}

func (a *Account$0) Key() string  { return a.id }
func (a *Account$0) Balance() int { return a.balance }

func (a *Account$0) note(what string, n int) {
	a.log = append(a.log, describe(what, n, a.id))
	if len(a.log) > 10 {
		a.log = a.log[1:]
	}
}

func (a *Account$0) Meet(peer *Account$1, other *Account$2) { a.peer, a.other = peer, other }

func (a *Account$0) Add(text string, amount int, tags []string) int {
	l := a.byText[text]
	if l == nil {
		l = &line$0{text: text, owner: a.peer}
		a.lines = append(a.lines, l)
		a.byText[text] = l
	}
	l.amount += amount
	for _, t := range tags {
		l.tag(t)
	}
	a.note("add", amount)
	return l.total()
}

func (a *Account$0) Take(n int) error {
	if a.balance < n {
		return fmt.Errorf("take %d of %s: %w", n, a.id, ErrLow)
	}
	a.balance -= n
	a.note("take", n)
	return nil
}

func (a *Account$0) Send(n int, to *Account$1) (left int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("sending %s failed", describe(n))
		}
	}()
	if err := a.Take(n); err != nil {
		return a.balance, err
	}
	if to.Balance()+n < 0 {
		panic("overflow")
	}
	to.Put(n, "from "+a.id)
	return a.balance, nil
}

func (a *Account$0) Put(n int, why string) {
	a.balance += n
	a.Add(why, n, strings.Fields(why))
}

func (a *Account$0) Texts() []string {
	out := make([]string, 0, len(a.lines))
	for _, l := range a.lines {
		out = append(out, fmt.Sprintf("%s=%d", l.text, l.total()))
	}
	sort.Strings(out)
	return out
}

func (a *Account$0) Gather(depth int) []string {
	out := a.Texts()
	if depth > 0 && a.peer != nil {
		out = append(out, a.peer.Gather(depth-1)...)
	}
	return out
}
`, i, group+(i-group+1)%size, group+(7*(i-group)+3)%size)
	}
	return b.String()
}

// fill writes a text with numbers for $0, $1 and so on.
func fill(b *strings.Builder, text string, numbers ...int) {
	var pairs []string
	for i, n := range numbers {
		pairs = append(pairs, fmt.Sprintf("$%d", i), fmt.Sprint(n))
	}
	strings.NewReplacer(pairs...).WriteString(b, text)
}
