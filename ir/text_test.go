// This file tests that text keeps programs, and fuzzes the reader.

package ir

import (
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// roundTrip writes and reads a program in both formats, and checks that nothing changes.
func roundTrip(t *testing.T, p *Program) {
	t.Helper()
	for _, format := range []string{YAML, JSON} {
		text, err := Encode(p, format)
		require.NoError(t, err)
		back, err := Decode(text, "p."+format)
		require.NoError(t, err, string(text))
		assertSame(t, p, back)
		again, err := Encode(back, format)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
	}
}

// assertSame compares programs by their declared fields.
func assertSame(t *testing.T, want, got *Program) {
	t.Helper()
	for _, f := range declared.fields {
		w, g := reflect.ValueOf(want).Elem().Field(f.index).Interface(), reflect.ValueOf(got).Elem().Field(f.index).Interface()
		require.Equal(t, w, g, f.name)
	}
}

// program makes a program of one function with one block.
func program(instrs []Instr, end Term) *Program {
	return &Program{IR: Version, ID: "p", Name: "p", Version: 1, Funcs: []*Func{{Name: "f", Blocks: []*Block{{Name: "b0", Do: instrs, End: end}}}}}
}

func TestLiteralsKeepTheirValue(t *testing.T) {
	var instrs []Instr
	add := func(k Kind, values ...any) {
		for _, v := range values {
			instrs = append(instrs, &Eval{X: &Lit{Basic(k), v}})
		}
	}
	add(Bool, true, false)
	add(Int, int64(0), int64(-7), int64(1<<53), int64(1<<53+1), int64(math.MinInt64), int64(math.MaxInt64))
	add(I8, int64(-128), int64(127))
	add(Duration, int64(1_000_000_000))
	add(U64, uint64(0), uint64(math.MaxUint64))
	add(F64, 0.0, math.Copysign(0, -1), 1.0, 0.1, 1e21, 1e-320, math.Inf(1), math.Inf(-1), math.MaxFloat64)
	add(F32, float64(float32(0.1)), math.Inf(1))
	add(C128, complex(1, math.Copysign(0, -1)), complex(math.Inf(-1), 2e30))
	add(C64, complex(float64(float32(0.1)), 0))
	add(String, "", "a", "no", "yes", "on", "null", "~", "true", "1", "1e3", "0x1f", ".inf", "2024-01-01", "a: b", "#x", " a ", "a\nb\tc", "\x00\x7f\u0085\u2028\ufeff\ufffd",
		"ü", "😀", "\xff\xfe", "a\xc3", `"\`, "{x}", "[", "-", "- a", "&a", "*a", "!t", "%", "@", "`", "a,b", "key:", "=", "<<")
	p := program(instrs, &Return{})
	roundTrip(t, p)
	require.NoError(t, Verify(p))

	nan := program([]Instr{&Eval{X: &Lit{Basic(F64), math.NaN()}}}, &Return{})
	text, err := Encode(nan, YAML)
	require.NoError(t, err)
	assert.Contains(t, string(text), `{f64: "NaN"}`)
	back, err := Decode(text, "p.yaml")
	require.NoError(t, err)
	assert.True(t, math.IsNaN(back.Funcs[0].Blocks[0].Do[0].(*Eval).X.(*Lit).Value.(float64)))
}

func TestLocalsWithAwkwardNames(t *testing.T) {
	p := program(nil, &Return{})
	for _, name := range []string{"no", "yes", "on", "null", "true", "~", "set", "type", "_x", "ä", "err.2", "1", "a b", "1e3", "=", "<<", "n", "y"} {
		p.Funcs[0].Params = append(p.Funcs[0].Params, &Local{Name: name, Type: Basic(Int)})
		p.Funcs[0].Locals = append(p.Funcs[0].Locals, &Local{Name: name + "'", Type: Basic(Int), Temp: true})
		p.Funcs[0].Blocks[0].Do = append(p.Funcs[0].Blocks[0].Do, &Eval{X: &Name{name}})
	}
	roundTrip(t, p)
}

func TestTypesNamedLikeOperations(t *testing.T) {
	p := program([]Instr{&Eval{X: &Lit{NamedType("field"), int64(3)}}, &Eval{X: &Lit{NamedType("lit"), "x"}}, &Eval{X: &Lit{NamedType("as"), true}}}, &Return{})
	p.Types = []*TypeDef{{Name: "as", Is: Basic(Bool)}, {Name: "field", Is: Basic(Int)}, {Name: "lit", Is: Basic(String)}}
	roundTrip(t, p)
}

// maker makes random nodes of every kind: whatever the shapes allow, typed or not.
type maker struct{ r *rand.Rand }

func (m maker) fill(v reflect.Value, f *fieldShape, depth int) {
	if f != nil && f.opt && m.r.IntN(2) == 0 {
		return
	}
	switch v.Addr().Interface().(type) {
	case **Type:
		types := []*Type{Basic(Int), ListType(Basic(String)), MapType(RefType("E"), PtrType(NamedType("P"))), HostType("go:x.Y")}
		v.Set(reflect.ValueOf(types[m.r.IntN(len(types))]))
		return
	case **Lit:
		v.Set(reflect.ValueOf(&Lit{Basic(Int), int64(m.r.IntN(9))}))
		return
	case *Expr:
		v.Set(reflect.ValueOf(m.expr(depth + 1)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"a", "b c", "no", "", "x:y", "\"", "_"}[m.r.IntN(7)])
	case reflect.Int:
		v.SetInt(int64(m.r.IntN(100)))
	case reflect.Bool:
		v.SetBool(m.r.IntN(2) == 0)
	case reflect.Slice:
		for range m.r.IntN(3) {
			x := reflect.New(v.Type().Elem()).Elem()
			m.fill(x, nil, depth)
			v.Set(reflect.Append(v, x))
		}
		if f != nil && f.keyed && v.Len() > 1 {
			v.Set(v.Slice(0, 1)) // names must differ
		}
	case reflect.Pointer:
		x := reflect.New(v.Type().Elem())
		m.node(x.Elem(), depth)
		v.Set(x)
	}
}

func (m maker) node(v reflect.Value, depth int) {
	for _, f := range shapes[v.Type()].fields {
		m.fill(v.Field(f.index), f, depth)
	}
}

func (m maker) expr(depth int) Expr {
	if depth > 4 {
		return &Name{"x"}
	}
	switch n := m.r.IntN(len(exprNodes) + 6); n {
	case 0:
		return &Name{[]string{"x", "on", "", "a b"}[m.r.IntN(4)]}
	case 1:
		return &Lit{Basic(String), []string{"", "no", "\xff", "a\nb"}[m.r.IntN(4)]}
	case 2:
		return &Unary{unaryOps[m.r.IntN(len(unaryOps))], m.expr(depth + 1)}
	case 3:
		return &Binary{binaryOps[m.r.IntN(len(binaryOps))], m.expr(depth + 1), m.expr(depth + 1)}
	case 4:
		f := &Field{X: m.expr(depth + 1), Name: "f"}
		if m.r.IntN(2) == 0 {
			f.Type = Basic(Int)
		}
		return f
	case 5:
		return &Index{m.expr(depth + 1), m.expr(depth + 1)}
	default:
		x := reflect.New(reflect.TypeOf(exprNodes[n-6]).Elem())
		m.node(x.Elem(), depth)
		return x.Interface().(Expr)
	}
}

func TestEveryNodeIsReadAsItIsWritten(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := maker{rand.New(rand.NewPCG(seed, 0))}
	for range 30 {
		var instrs []Instr
		for _, n := range instrNodes {
			x := reflect.New(reflect.TypeOf(n).Elem())
			m.node(x.Elem(), 0)
			instrs = append(instrs, x.Interface().(Instr))
		}
		p := program(instrs, nil)
		for i, n := range termNodes {
			x := reflect.New(reflect.TypeOf(n).Elem())
			m.node(x.Elem(), 0)
			p.Funcs = append(p.Funcs, &Func{Name: string(rune('A' + i)), Blocks: []*Block{{Name: "b0", End: x.Interface().(Term)}}})
		}
		p.Funcs[0].Blocks[0].End = &Return{}
		for i := range 3 {
			d := reflect.New(reflect.TypeFor[TypeDef]())
			m.node(d.Elem(), 0)
			d.Interface().(*TypeDef).Name = string(rune('A' + i))
			p.Types = append(p.Types, d.Interface().(*TypeDef))
		}
		roundTrip(t, p)
		_ = Verify(p) // wrong in many ways, but no panic
		Hash(p)
	}
}

func TestDecodeRefuses(t *testing.T) {
	shop, err := os.ReadFile("testdata/shop.yaml")
	require.NoError(t, err)
	for want, change := range map[string][2]string{
		`format "sfc/v2" is not known`: {"ir: sfc/v1", "ir: sfc/v2"},
		`missing key "ir"`:             {"ir: sfc/v1\n", ""},
		`shop.yaml:4:1: unknown key "kind" in a program (known: ir, id, name`:                                               {"version: 1", "kind: 1\nversion: 1"},
		`missing key "version" in a program`:                                                                                {"version: 1\n", ""},
		`key "version" stands twice in a program`:                                                                           {"version: 1", "version: 1\nversion: 1"},
		`version is a number here, not a string`:                                                                            {"version: 1", `version: "1"`},
		`version is a decimal integer below 2^31 here, not "0x1"`:                                                           {"version: 1", `version: 0x1`},
		`name is a string here, not a number: quote it`:                                                                     {"name: shop", "name: 7"},
		`key "Item" stands twice in types`:                                                                                  {"  User: {struct", "  Item: {struct"},
		`type Item: type "strin g": unexpected "g"`:                                                                         {"{name: string}, {price", "{name: strin g}, {price"},
		`an element of struct has one key, its name, not 2`:                                                                 {"{name: string}, {price", "{name: string, x: int}, {price"},
		`function User.BuyItem, block b0, end: unknown key "arguments" in invoke (known: invoke, on, args, into`:            {"{invoke: Item.Price, on: item,", "{invoke: Item.Price, arguments: [], on: item,"},
		`function User.BuyItem, block b0, end: missing key "on" in invoke`:                                                  {"{invoke: Item.Price, on: item,", "{invoke: Item.Price,"},
		`function User.BuyItem, block b0, end: a terminator needs an operation: one of create, delete, exists, if, invoke,`: {"{invoke: Item.Price, on: item,", "{on: item,"},
		`function User.BuyItem, block b0, end: a terminator has one operation, not "invoke" and "jump"`:                     {"{invoke: Item.Price, on: item,", "{invoke: Item.Price, jump: b1, on: item,"},
		`function User.BuyItem, block b1, instruction 1: an instruction needs an operation`:                                 {"{set: total, to: {mul", "{sett: total, to: {mul"},
		`function User.BuyItem, block b1, instruction 1: at is a number here, not a string`:                                 {"{mul: [amount, t1]}, at: 20}", "{mul: [amount, t1]}, at: \"20\"}"},
		`function User.BuyItem, block b1, instruction 1: mul has two operands, not 1`:                                       {"{mul: [amount, t1]}", "{mul: [amount]}"},
		`an expression has one operation, not "mul" and "neg"`:                                                              {"{mul: [amount, t1]}", "{mul: [amount, t1], neg: t1}"},
		`mul has no other keys`:                                                                  {"{mul: [amount, t1]}", "{mul: [amount, t1], x: t1}"},
		`"mull" is no operation, nor the type of a literal`:                                      {"{mul: [amount, t1]}", "{mull: [amount, t1]}"},
		`an expression is a name (a string) or a mapping, not a number`:                          {"{mul: [amount, t1]}", "7"},
		`a field's name is a string here, not a number`:                                          {"[i, stock]", "[i, 7]"},
		`literal of type int: want a decimal integer, not a boolean "true"`:                      {"{int: 0}", "{int: true}"},
		`literal of type int: want a decimal integer, not a number "1.5"`:                        {"{int: 0}", "{int: 1.5}"},
		`literal of type i8: strconv.ParseInt: parsing "300": value out of range`:                {"{int: 0}", "{i8: 300}"},
		`literal of type int: an integer beyond 2^53 is written as a string: "9007199254740993"`: {"{int: 0}", "{int: 9007199254740993}"},
		`literal of type f64: want a float as a string`:                                          {"{int: 0}", "{f64: 1.5}"},
		`literal of type string: want a string, or {b64: …}`:                                     {"{int: 0}", "{string: null}"},
		`literal of type string: a string that is UTF-8 is written as it is`:                     {"{int: 0}", "{string: {b64: YQ==}}"},
		`literal of type string: illegal base64 data`:                                            {"{int: 0}", "{string: {b64: YQ}}"},
		`"Item" is no operation, nor the type of a literal`:                                      {"{int: 0}", "{Item: 1}"},
		`exported is a boolean here, not a string`:                                               {"exported: true", "exported: yes"},
		`anchors and aliases are not part of the format`:                                         {"id: example.com/shop", "id: &a example.com/shop"},
		`tags are not part of the format`:                                                        {"id: example.com/shop", "id: !!str example.com/shop"},
		`a second document`:                                                                      {"ir: sfc/v1", "---\nir: sfc/v1\n---\nir: sfc/v1"},
		`blocks is a mapping here, not a list`:                                                   {"blocks:\n      b0: {end: {return: [{field: [i, name]}], at: 7}}", "blocks: [{end: {return: []}}]"},
	} {
		changed := strings.Replace(string(shop), change[0], change[1], 1)
		require.NotEqual(t, string(shop), changed, change[0])
		_, err := Decode([]byte(changed), "shop.yaml")
		if assert.Error(t, err, want) {
			assert.ErrorContains(t, err, want)
			assert.Regexp(t, `^shop\.yaml:[0-9]+:[0-9]+: `, err.Error())
		}
	}
	for text, want := range map[string]string{
		"":                             "x.yaml:1:1: the file is empty",
		"# nothing":                    "the file is empty",
		"a: [":                         "x.yaml:",
		"ir: \xff":                     "the text is not UTF-8",
		"{\"ir\": \"sfc/v1\"":          "x.yaml:1:16: the text ends too early",
		"{\"ir\": \"\\ud800\"}":        "half a surrogate pair",
		"{\"ir\": 1} {}":               "text after the program",
		"{\"ir\":\n 1}":                "x.yaml:2:2: format \"1\" is not known",
		"[]":                           "a program is a mapping here, not a list",
		`{"ir": "sfc/v1", "ir": "x"}`:  `key "ir" stands twice`,
		`{"ir": "sfc/v1", "id": nope}`: `x.yaml:1:`,
	} {
		name := "x.yaml"
		_, err := Decode([]byte(text), name)
		if strings.HasPrefix(text, "{") {
			_, err = Decode([]byte(text), "x.json")
			want = strings.Replace(want, "x.yaml", "x.json", 1)
		}
		require.ErrorContains(t, err, want, text)
	}
}

func TestEncodeRefusesWhatTheTextCannotSay(t *testing.T) {
	bad := program([]Instr{&Set{Place: &Name{"x"}}, nil, &Eval{X: &Lit{Basic(Int), "text"}}, &Eval{X: &Unary{"not!", &Name{"x"}}}, &Call{Func: "\xff"}}, nil)
	_, err := Encode(bad, YAML)
	require.EqualError(t, err, `function f, block b0, instruction 1: an expression is missing
function f, block b0, instruction 2: instruction is missing
function f, block b0, instruction 3: literal of type int cannot hold string text
function f, block b0, instruction 4: unknown operator "not!"
function f, block b0, instruction 5: "\xff" is not UTF-8
function f, block b0, end: terminator is missing`)
	_, err = Encode(bad, "toml")
	require.EqualError(t, err, `unknown format "toml" (yaml or json)`)
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"shop.yaml"} {
		data, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		p, err := Decode(data, name)
		require.NoError(f, err)
		text, err := Encode(p, JSON)
		require.NoError(f, err)
		f.Add(data, false)
		f.Add(text, true)
	}
	for _, text := range []string{calling, twoBlocks, before, do("{cell: c, to: n}, {closure: inner, cells: [c], into: g}").text()} {
		f.Add([]byte(text), false)
	}
	f.Add([]byte(eval("{slice: xs, lo: {lit: 3, as: Color}, hi: {string: {b64: /w==}}}").text()), false)
	f.Add([]byte(endThen("{switch: s, cases: [{is: {string: a}, to: b1}], default: b1}").text()), false)
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := "fuzz.yaml"
		if isJSON {
			name = "fuzz.json"
		}
		p, err := Decode(data, name)
		if err != nil {
			for _, problem := range err.(Problems) {
				require.Equal(t, name, problem.File)
				require.Positive(t, problem.Line)
				require.NotEmpty(t, problem.Message)
			}
			return
		}
		text, err := Encode(p, YAML)
		require.NoError(t, err)
		back, err := Decode(text, "again.yaml")
		require.NoError(t, err, string(text))
		again, err := Encode(back, YAML)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		if Verify(p) != nil {
			return
		}
		hash := Hash(p)
		Complete(p)
		require.NoError(t, Verify(p), "the derived facts are right")
		Normalize(p)
		require.NoError(t, Verify(p))
		require.Equal(t, hash, Hash(p))
	})
}
