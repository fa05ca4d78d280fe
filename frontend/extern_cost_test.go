// This file measures how long a charged step of each library function takes.

package frontend

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"go/format"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkSteps calls every function of the table for whose parameters it can make arguments, small and large, and
// reports those whose charged steps take longest: a step stands for at most 50 ns. It asserts nothing.
//
//	go test ./frontend -run '^$' -bench Steps -benchtime 1x
func BenchmarkSteps(b *testing.B) {
	var calls bytes.Buffer
	imports := map[string]bool{}
	skipped := 0
	for _, p := range libraryAPI(b) {
		if p.Path() == "math/rand/v2" {
			continue // the program imports the other package of that name
		}
		exported(p, func(name string, o types.Object) {
			f, ok := o.(*types.Func)
			row := Lookup(name)
			inferred := name != "slices.BinarySearch" && name != "errors.AsType" // by Go, from samples of these types
			if !ok || !inferred || !row.Allowed || row.Debug || strings.HasPrefix(row.Twin, "t.") {
				return
			}
			if text, ok := measured(row, name, p, f); ok {
				calls.WriteString(text)
				imports[p.Path()] = true
			} else {
				skipped++
			}
		})
	}
	b.Logf("%d functions have parameters of other types", skipped)
	dir := b.TempDir()
	writeProgram(b, dir, calls.String(), imports)
	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.Output()
	require.NoError(b, err)
	report(b, out)
}

// measurement is one line of the program's output.
type measurement struct {
	Name  string
	Size  int
	All   bool // every argument is of that size, not the first only
	Nanos float64
	Steps float64
}

func (m measurement) perStep() float64 { return m.Nanos / m.Steps }

func report(b *testing.B, out []byte) {
	worst := map[string]measurement{}
	for line := range bytes.Lines(out) {
		var m measurement
		require.NoError(b, json.Unmarshal(line, &m), string(line))
		if m.perStep() > worst[m.Name].perStep() || worst[m.Name].Name == "" {
			worst[m.Name] = m
		}
	}
	var list []measurement
	for _, m := range worst {
		list = append(list, m)
	}
	slices.SortFunc(list, func(x, y measurement) int { return cmp.Compare(y.perStep(), x.perStep()) })
	above, lines := 0, ""
	for i, m := range list {
		if m.perStep() > 50 {
			above++
		}
		if m.perStep() > 50 || i < 10 {
			lines += fmt.Sprintf("\n%7.0f ns a step: %-50s %10.0f ns, %8.0f steps, size %d%s", m.perStep(), m.Name, m.Nanos, m.Steps, m.Size, map[bool]string{true: " of all"}[m.All])
		}
	}
	fmt.Println(lines)
	b.ReportMetric(float64(len(list)), "functions")
	b.ReportMetric(float64(above), "above-50ns")
	b.ReportMetric(list[0].perStep(), "ns/step-max")
}

// measured writes the code that measures one function; false if there are no arguments for it.
func measured(row Row, name string, p *types.Package, f *types.Func) (string, bool) {
	sig := f.Signature()
	var vars []*types.Var
	if sig.Recv() != nil {
		vars = append(vars, sig.Recv())
	}
	vars = slices.AppendSeq(vars, sig.Params().Variables())
	var makes, names []string
	for i, v := range vars {
		arg, ok := sampleOf(v.Type(), i, sig)
		if !ok {
			return "", false
		}
		makes = append(makes, fmt.Sprintf("a%d := %s\n_ = a%d", i, arg, i))
		names = append(names, fmt.Sprintf("a%d", i))
	}
	call := p.Name() + "." + f.Name()
	switch {
	case row.Twin != "":
		call = "runner." + row.Twin
		names = append([]string{"t"}, names...)
	case sig.Recv() != nil:
		call, names = "a0."+f.Name(), names[1:]
	}
	call += "(" + strings.Join(names, ", ")
	if sig.Variadic() {
		call += "..."
	}
	call += ")"
	before, after := costCode(row.Steps)
	bytesBefore, bytesAfter := costCode(row.Bytes) // measuring for them takes time too
	if sig.Results().Len() > 0 {
		left := "r0" + strings.Repeat(", _", sig.Results().Len()-1)
		call = left + " := " + call + "\n_ = r0"
	} else if after != "" || bytesAfter != "" {
		return "", false
	}
	if after != "" {
		after = "t.Spend(" + after + ")"
	}
	if bytesAfter != "" {
		after += "\nsmall(" + bytesAfter + ")"
	}
	return fmt.Sprintf(`measure(%q, %t, func(n, all int) func() {
		%s
		return func() {
			t.Spend(runner.Sum(1, %s))
			small(%s)
			%s
			%s
		}
	})
`, name, row.Effects != "", strings.Join(makes, "\n"), cmp.Or(before, "0"), cmp.Or(bytesBefore, "0"), call, after), true
}

// costCode turns a cost into Go, as package codegen does: what is charged before the call, and after it.
func costCode(cost string) (before, after string) {
	if cost == "" {
		return "", ""
	}
	for term := range strings.SplitSeq(cost, "+") {
		product, divisor, divided := strings.Cut(term, "/")
		code := "int64(1)"
		for f := range strings.SplitSeq(product, "*") {
			code = "runner.Product(" + code + ", " + factorCode(f) + ")"
		}
		if divided {
			code += "/" + divisor
		}
		into := &before
		if strings.Contains(code, "r0") {
			into = &after
		}
		if *into == "" {
			*into = code
		} else {
			*into = "runner.Sum(" + *into + ", " + code + ")"
		}
	}
	return before, after
}

var factorOf = regexp.MustCompile(`^(\w+)\((\d)\)$`)

func factorCode(f string) string {
	if f == "result" {
		return "runner.Length(r0)"
	}
	m := factorOf.FindStringSubmatch(f)
	if m == nil {
		return "int64(" + f + ")"
	}
	a := "a" + m[2]
	i, _ := strconv.Atoi(m[2])
	switch m[1] {
	case "len":
		return "runner.Length(" + a + ")"
	case "sum":
		return "runner.Total(" + a + ")"
	case "arg":
		return "runner.Amount(" + a + ")"
	case "log":
		return "int64(bits.Len(uint(runner.Length(" + a + "))))"
	case "pad":
		return fmt.Sprintf("runner.Padding(%s, a%d)", a, i+1)
	case "deep":
		return "runner.Nested(t, " + a + ")"
	case "flat":
		return "runner.Compared(t, " + a + ")"
	case "slots":
		return "runner.Slots(t, " + a + ")"
	case "move":
		return "runner.Length(" + a + ")/64"
	}
	return "runner.Size(t, " + a + ")"
}

// sampleOf writes an argument of a type: of about n elements if it is the first one, or if all is n.
func sampleOf(t types.Type, i int, sig *types.Signature) (string, bool) {
	n := "all"
	if i == 0 || i == 1 && sig.Recv() != nil {
		n = "n"
	}
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		switch core := p.Constraint().Underlying().String(); {
		case strings.Contains(core, "string") && strings.Contains(core, "byte"):
			return "text(" + n + ")", true
		case strings.Contains(core, "~[]"):
			return "ints(" + n + ")", true
		case strings.Contains(core, "~map["):
			return "counts(" + n + ")", true
		case p.Obj().Name() == "K":
			return `"k7"`, true
		case strings.Contains(core, "~int") || strings.Contains(core, "comparable") || strings.Contains(core, "any"):
			return "7", true
		}
		return "", false
	}
	text := types.TypeString(t, func(p *types.Package) string { return p.Path() })
	arg, ok := samples[text]
	return strings.ReplaceAll(arg, "$n", n), ok
}

// samples are arguments by type. Texts are of letters, digits, spaces and commas; lists are not sorted.
var samples = map[string]string{
	"string": "text($n)", "[]byte": "[]byte(text($n))", "[]rune": "[]rune(text($n))", "[]string": "words($n)", "[][]byte": "chunks($n)",
	"bool": "true", "byte": "byte('e')", "rune": "'e'", "int": "min($n, 300)", "int64": "int64(min($n, 300))", "uint": "uint(min($n, 300))",
	"uint64": "uint64($n)<<40 + 12345", "uint32": "uint32($n) + 12345", "uint16": "uint16(12345)", "uint8": "byte(7)",
	"float64": "float64($n) + 1e17/3", "float32": "float32(1e17/3)", "complex128": "complex(1.5, 1e17/3)",
	"[]int": "ints($n)", "[]float64": "floats($n)", "any": "any(ints($n))", "[]any": "anys($n)", "E": "7", "T": "7", "S": "ints($n)",
	"[]E": "ints($n)", "[]T": "ints($n)", "[]S": "lists($n)", "map[K]V": "counts($n)", "M": "counts($n)", "K": `"k7"`, "V": "7",
	"error": "wrapped($n)", "[]error": "[]error{wrapped($n)}",
	"func(rune) bool": "unicode.IsUpper", "func(rune) rune": "unicode.ToUpper", "func(E) bool": "func(x int) bool { return x < 0 }",
	"func(a E, b E) int": "cmp.Compare[int]", "func(a E, b E) bool": "func(a, b int) bool { return a == b+1e9 }", "func(E, T) int": "cmp.Compare[int]",
	"func(K, V) bool": "func(k string, v int) bool { return v < 0 }", "func(i int, j int) bool": "func(i, j int) bool { return i < j }",
	"func(int) bool": "func(i int) bool { return i > 1000 }", "func() bool": "func() bool { return false }",
	"*strings.Builder": "builder($n)", "*bytes.Buffer": "buffer($n)", "*strings.Reader": "strings.NewReader(text($n))",
	"*strings.Replacer": `strings.NewReplacer("a", "b", "the", "quick", "x", "")`, "*bytes.Reader": "bytes.NewReader([]byte(text($n)))",
	"*math/big.Int": "big10($n)", "*math/big.Rat": "new(big.Rat).SetFrac(big10($n), big.NewInt(7))", "*regexp.Regexp": "pattern", "math/big.Word": "big.Word(7)",
	"time.Time": "time.Unix(1.7e9, 123456789).UTC()", "time.Duration": "time.Duration($n)*time.Millisecond + 1", "time.Month": "time.May", "time.Weekday": "time.Monday",
	"*time.Location": "time.UTC", "hash.Hash": "sha256.New()", "hash.Hash32": "crc32.NewIEEE()", "*encoding/base64.Encoding": "base64.StdEncoding",
	"encoding/json.RawMessage": "json.RawMessage(digits)", "*math/rand.Rand": "rand.New(rand.NewSource(7))", "unicode/utf8.RuneError": "'x'",
	"sort.Interface": "sort.IntSlice(ints($n))", "sort.IntSlice": "sort.IntSlice(ints($n))", "sort.StringSlice": "sort.StringSlice(words($n))",
	"*container/list.List": "linked($n)", "container/heap.Interface": "heapOf($n)",
}

func writeProgram(b *testing.B, dir, calls string, imports map[string]bool) {
	root, err := filepath.Abs("..")
	require.NoError(b, err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(b, err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(b, err)
	_, rest, _ := strings.Cut(string(mod), "\n")
	require.NoError(b, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module steps\n"+rest+"\nrequire github.com/stateful-entities/sfc v0.0.0\nreplace github.com/stateful-entities/sfc => "+root+"\n"), 0o644))
	require.NoError(b, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))
	used := ""
	for path := range imports {
		if !strings.Contains(costProgram, strconv.Quote(path)) {
			used += strconv.Quote(path) + "\n"
		}
	}
	text := strings.Replace(strings.Replace(costProgram, "IMPORTS", used, 1), "CALLS", calls, 1)
	code, err := format.Source([]byte(text))
	require.NoError(b, err, text)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "main.go"), code, 0o644))
}

const costProgram = `package main

import (
	"bytes"
	"cmp"
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"maps"
	"math/big"
	"math/bits"
	"math/rand"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"

	"github.com/stateful-entities/sfc/runner"
	IMPORTS
)

var (
	t       = runner.Callback()
	pattern = regexp.MustCompile("([a-z]+|[0-9]*,)+x{2,9}(e|q)")
	digits  = "[1,2,3]"
	_       = []any{cmp.Compare[int], sha256.New, base64.StdEncoding, crc32.NewIEEE, maps.Keys[map[int]int], bits.Len, rand.New, unicode.IsUpper, bytes.NewReader, time.Now, sort.Ints, hash.Hash(nil)}
)

// small ends a call that would allocate too much.
func small(bytes int64) {
	if bytes > 1<<26 {
		panic("too large")
	}
}

const sample = "the quick brown fox, 12 dogs of 345 and the Lazy wolf;"

func text(n int) string { return strings.Repeat(sample, n/len(sample)+1)[:n] }

func words(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("w", i*7919%(n+1))
	}
	return out
}

func chunks(n int) (out [][]byte) {
	for _, w := range words(n) {
		out = append(out, []byte(w))
	}
	return out
}

func ints(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i * 7919 % (n + 1)
	}
	return out
}

func lists(n int) [][]int { return [][]int{ints(n), ints(n)} }

func floats(n int) (out []float64) {
	for _, x := range ints(n) {
		out = append(out, float64(x)/3)
	}
	return out
}

func anys(n int) (out []any) {
	for i, x := range ints(n) {
		switch i % 4 {
		case 0:
			out = append(out, x)
		case 1:
			out = append(out, "text")
		case 2:
			out = append(out, float64(x)/3)
		default:
			out = append(out, map[string]any{"k": []int{x}})
		}
	}
	return out
}

func counts(n int) map[string]int {
	m := map[string]int{}
	for i, w := range words(n) {
		m[w] = i
	}
	return m
}

func wrapped(n int) error {
	err := errors.New("base")
	for range min(n, 100) {
		err = fmt.Errorf("in: %w", err)
	}
	return err
}

func builder(n int) *strings.Builder {
	b := &strings.Builder{}
	b.Grow(4*n + 64) // growing is paid for in bytes, over many calls
	b.WriteString(text(n))
	return b
}

func buffer(n int) *bytes.Buffer {
	b := &bytes.Buffer{}
	b.Grow(4*n + 64)
	b.WriteString(text(n))
	return b
}

func big10(n int) *big.Int {
	x, _ := new(big.Int).SetString("9"+strings.Repeat("1234567", min(n, 4096)/7), 10)
	return x
}

func linked(n int) *list.List {
	l := list.New()
	for i := range n {
		l.PushBack(i)
	}
	return l
}

type heapInts struct{ sort.IntSlice }

func (h *heapInts) Push(x any) { h.IntSlice = append(h.IntSlice, x.(int)) }
func (h *heapInts) Pop() any {
	x := h.IntSlice[len(h.IntSlice)-1]
	h.IntSlice = h.IntSlice[:len(h.IntSlice)-1]
	return x
}

func heapOf(n int) *heapInts { return &heapInts{sort.IntSlice(ints(n))} }

// measure times calls with arguments of several sizes: the least time of a few rounds counts.
func measure(name string, fresh bool, prepare func(n, all int) func()) {
	for _, n := range []int{1, 64, 2048, 65536} {
		for _, all := range []int{min(n, 3), n} {
			once(name, fresh, n, all, prepare)
			if n == min(n, 3) {
				break
			}
		}
	}
}

func once(name string, fresh bool, n, all int, prepare func(n, all int) func()) {
	defer func() {
		if recover() != nil {
			runner.TakeStop()
		}
	}()
	// Warm up, and see how often it must run to be measured.
	call := prepare(n, all)
	start := time.Now()
	call()
	took := time.Since(start)
	rounds := int(min(1000, max(3, time.Millisecond/(took+1))))
	best, steps := time.Hour, int64(0)
	for range 3 {
		var total time.Duration
		before := int64(0)
		steps = 0
		if fresh {
			for range min(rounds, 30) {
				call := prepare(n, all)
				before = t.Budget
				start := time.Now()
				call()
				total += time.Since(start) - idle
				steps += before - t.Budget
			}
			total, steps = total/time.Duration(min(rounds, 30)), steps/int64(min(rounds, 30))
		} else {
			before = t.Budget
			start := time.Now()
			for range rounds {
				call()
			}
			total, steps = time.Since(start)/time.Duration(rounds), (before-t.Budget)/int64(rounds)
		}
		best = min(best, max(total, 0))
		if took > 50*time.Millisecond {
			break
		}
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{"Name": name, "Size": n, "All": all == n && n > 3, "Nanos": best.Nanoseconds(), "Steps": max(steps, 1)})
}

// idle is the time that measuring nothing takes.
var idle = func() time.Duration {
	least := time.Hour
	for range 1000 {
		start := time.Now()
		least = min(least, time.Since(start))
	}
	return least
}()

func main() {
	debug.SetMemoryLimit(512 << 20)
	t.Budget = 1 << 60
	CALLS
}
`
