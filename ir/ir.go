// This file defines the program: entities, functions, blocks, instructions, terminators and expressions.

// Package ir defines the language-neutral program that stands between frontends and backends.
//
// A [Program] is a set of typed functions over entities. A function is a control-flow graph: a [Block] is a list
// of instructions ([Instr]) over pure expression trees ([Expr]) and ends in one terminator ([Term]). Expressions
// read memory and may panic, but never write and never allocate anything with an identity; so the order of a
// program's effects is the order of its instructions, and evaluation order is settled by the frontend.
//
// The terminators [Invoke], [Create], [Destroy] and [Exists] leave the entity: a function is cut there (the paper's
// split point, section 2.3), and the block named by Then is the continuation. A [Call] of a function that itself
// reaches such a terminator is cut too; that is derived ([Analyze]), so that a callee can change without its
// callers' text changing.
//
// # Text
//
// A program is written as one tree of mappings, in YAML or JSON ([Encode], [Decode]); the tags below give the keys.
// Exactly one key of an instruction, terminator or expression is its operation (`op`); a bare string is a local; keys
// marked `opt` may be absent. A list marked `keyed` is written as a mapping from names (`key`), in order (the first
// block is the entry); one marked `pairs` as a list of mappings with one name each. What a name maps to may be written
// as its `short` part alone: `{amount: int}` is `{amount: {type: int}}`, and `bool` is a result that has no name.
//
// # Nodes
//
// Instructions, with their operations and what other keys they have ([opt]; instructions, and terminators that may
// fail, have [at], the source line, too):
//
//	Set          set          to
//	NewCell      cell         to
//	Eval         eval
//	Call         call         [on] [args] [into]
//	CallFace     callface     method [args] [into] [accept]
//	CallFunc     callfunc     [args] [into]
//	CallExtern   extern       [args] [into]
//	Append       append       [elems] [spread] into
//	Copy         copy         from [into]
//	Clear        clear
//	MapSet       mapset       key to
//	MapGet       mapget       key into
//	MapDel       mapdel       key
//	Keys         keys         into
//	Assert       assert       type into
//	New          new          [to] into
//	MakeList     makelist     len [cap] into
//	List         list         [elems] into
//	ListOf       listof       type into
//	MakeMap      makemap      into
//	Closure      closure      [cells] into
//	Recover      recover      into
//	Print        print        [ln]
//
// Terminators:
//
//	Jump         jump
//	If           if           then else
//	Switch       switch       cases default
//	Return       return
//	Panic        panic
//	Repanic      repanic
//	Invoke       invoke       on [args] [into] then [accept]
//	Create       create       into then [accept]
//	Destroy      delete       then
//	Exists       exists       into then
//	Unreachable  unreachable
//
// Expressions; the first six have a text of their own:
//
//	Name         total                      a local, parameter, capture or the own receiver
//	Lit          {int: 7}                   {lit: 7, as: T} where T is a word of this table
//	Unary        {neg: x}                   neg not inv
//	Binary       {add: [x, y]}              add sub mul div rem and or xor andnot shl shr eq ne lt le gt ge land lor
//	Field        {field: [x, name]}         {field: [x, name], as: T} of a host type
//	Index        {index: [x, i]}
//	Nil          nil
//	Zero         zero
//	Global       var          [as]
//	FuncVal      func
//	Slice        slice        [lo] [hi] [max]
//	Len          len
//	Cap          cap
//	Deref        deref
//	Addr         addr
//	Convert      convert      as
//	Box          box          as
//	IsNil        isnil
//	StructLit    struct       [fields]
//	ArrayLit     array        [elems] [places]
//	RefTo        ref          key
//	KeyOf        keyof
//	Request      request
//	Panicking    panicking
//
// Literals are directed by their type and survive every reader: an integer beyond 2^53 and every float or complex number
// is a string ("1.5", "NaN", "+Inf", "-0", "(1+2i)"), a string that is not UTF-8 is {b64: base64}.
//
// # Receivers
//
// A method of an entity type names its own receiver in Func.Self. As the base of a [Field] it means the entity's own
// state; anywhere else it is the reference to the entity itself. It is never assigned, and never in a frame.
// A draft (an entity under construction) is an ordinary pointer to the entity's state struct: `ptr User`.
package ir

import "sync/atomic"

// Version is the value of the field `ir` of every file this package reads and writes.
const Version = "sfc/v1"

// Program is one application: everything a backend needs to run it.
type Program struct {
	IR       string     `ir:"ir"`
	ID       string     `ir:"id"`      // module path + package path: what data directories and checkpoints carry
	Name     string     `ir:"name"`    // the package name, as %T shows it
	Version  int        `ir:"version"` // grows by one with every change of meaning, from 1
	Types    []*TypeDef `ir:"types,opt,keyed"`
	Entities []*Entity  `ir:"entities,opt,keyed"`
	Vars     []*Var     `ir:"vars,opt,keyed"`
	Externs  []*Extern  `ir:"externs,opt,keyed"`
	Funcs    []*Func    `ir:"funcs,opt,keyed"`
	Init     string     `ir:"init,opt"` // function that sets the Vars, run once before the first request
	Edges    []*Edge    `ir:"edges,opt"`

	index     atomic.Pointer[index] // where names are declared: a cache
	positions map[any]position      // where Decode read the declarations, blocks, instructions and terminators
	source    string                // the file that Decode read
}

// Edge is a dataflow edge between operators (or from a function, written as its name). Derived.
type Edge struct {
	From   string `ir:"from"`
	To     string `ir:"to"`
	Method string `ir:"method"`
}

// TypeDef declares a named type. Anonymous struct and interface types of the source are declared too, as aliases.
type TypeDef struct {
	Name    string      `ir:"name,key"`    // Line; money.Amount for a type of another package; Pair[int] for an instance
	Package string      `ir:"package,opt"` // import path, if it is not the program's own package
	Local   string      `ir:"local,opt"`   // the name %T shows, if it is not the last element of Name
	Alias   bool        `ir:"alias,opt"`
	Is      *Type       `ir:"is,opt"`              // the underlying type, unless Struct or Interface is set
	Struct  []*FieldDef `ir:"struct,opt,pairs"`    // struct type: the fields in order
	Methods []*Method   `ir:"methods,opt,keyed"`   // methods of a concrete type
	Iface   []*Sig      `ir:"interface,opt,pairs"` // interface type: the method set, sorted by name
	Empty   string      `ir:"empty,opt"`           // "struct" or "interface", when the respective list is empty
	At      string      `ir:"at,opt"`              // file:line
}

// FieldDef is a field of a struct type.
type FieldDef struct {
	Name     string `ir:"name,key"`
	Type     *Type  `ir:"type,short"`
	Tag      string `ir:"tag,opt"`
	Embedded bool   `ir:"embedded,opt"`
	Was      string `ir:"was,opt"` // earlier name in stored state (//sfc:was)
}

// Method binds a name in a concrete type's method set to a function. Pointer: only *T has it.
// Promoted methods are listed with the wrapper function that the frontend made for them.
type Method struct {
	Name    string `ir:"name,key"`
	Func    string `ir:"func,short"`
	Pointer bool   `ir:"pointer,opt"`
}

// Sig is a method of an interface type. Package is set for unexported names: they differ between packages.
type Sig struct {
	Name    string `ir:"name,key"`
	Package string `ir:"package,opt"`
	Type    *Type  `ir:"type,short"` // a func type
}

// Entity declares an entity type; its state is the struct type of the same name.
type Entity struct {
	Name string `ir:"name,key"` // also the {Type} of the HTTP API
	Key  string `ir:"key"`      // the function that computes the key from the state
	Rank int    `ir:"rank,opt"` // lock order: callers before callees when first assigned, never reused
	At   string `ir:"at,opt"`
}

// Var is a package variable: set by Init, constant afterwards.
// A variable of type error that Init sets to a fresh error is a sentinel: it keeps its identity in every encoding.
type Var struct {
	Name string `ir:"name,key"`
	Type *Type  `ir:"type,short"`
	At   string `ir:"at,opt"`
}

// Extern declares a function of the host library with the one signature it is used with.
type Extern struct {
	Name     string  `ir:"name,key"`   // go:strings.Fields; a used instance of a generic one: go:slices.Sort[list int]
	Params   []*Type `ir:"params,opt"` // a method's receiver is the first one
	Results  []*Type `ir:"results,opt"`
	Method   bool    `ir:"method,opt"`   // go:strings.Builder.WriteString: called on its first argument
	Variadic bool    `ir:"variadic,opt"` // the last parameter is a list that is spread
	Effects  string  `ir:"effects,opt"`  // what it writes, keeps and returns; the notation of the library table
	Calls    bool    `ir:"calls,opt"`    // may call back: a func argument, or a method of a value it is given
	Debug    bool    `ir:"debug,opt"`    // output to the target's log; may repeat
	Steps    string  `ir:"steps,opt"`    // cost in steps beyond one, and bytes: the notation of the library table
	Bytes    string  `ir:"bytes,opt"`
	Twin     string  `ir:"twin,opt"` // what the host runs in its place: a runner function (sorted, seeded, …)
}

// Func is a function, method, constructor or closure body.
type Func struct {
	Name     string   `ir:"name,key"` // User.BuyItem, Transfer, money.Amount.Add, User.BuyItem$1 (closure), Sum[int]
	File     string   `ir:"file,opt"`
	At       int      `ir:"at,opt"`
	Entity   string   `ir:"entity,opt"`       // entity type of the own receiver
	Self     string   `ir:"self,opt"`         // the own receiver's name; closures inside a method have it too
	Creates  string   `ir:"creates,opt"`      // constructor: the entity type it creates
	Exported bool     `ir:"exported,opt"`     // may be requested from outside
	Params   []*Local `ir:"params,opt,pairs"` // never cells; a plain type's receiver is the first
	Variadic bool     `ir:"variadic,opt"`
	Results  []*Local `ir:"results,opt,pairs"`  // names are for readers only: Return gives the values; "_" if unnamed
	Captures []*Local `ir:"captures,opt,pairs"` // closures: variables of the enclosing function, each a cell
	Locals   []*Local `ir:"locals,opt,keyed"`
	// Derived facts, optional on input:
	Suspends  bool   `ir:"suspends,opt"`
	Recursive bool   `ir:"recursive,opt"`
	Effects   string `ir:"effects,opt"` // "", "reads" or "writes" (its own entity's state)

	Blocks []*Block `ir:"blocks,keyed"` // the first is the entry
}

// Local is a variable of a function. A cell is shared with closures or has its address taken: it lives on the heap,
// and the instruction NewCell makes a fresh one. Reading and assigning a cell by name mean its contents.
type Local struct {
	Name string `ir:"name,key"`
	Type *Type  `ir:"type,short"`
	Cell bool   `ir:"cell,opt"`
	Temp bool   `ir:"temp,opt"` // made by the frontend: its name has no meaning
}

// Block is a straight run of instructions with one way in and one terminator.
type Block struct {
	Name   string   `ir:"name,key"`
	Unwind *Unwind  `ir:"unwind,opt"`
	Live   []string `ir:"live,opt"` // derived: the variables of the frame, on blocks that follow a split point
	Do     []Instr  `ir:"do,opt"`
	End    Term     `ir:"end"`
}

// Unwind says where a panic in the block (its terminator included) goes on, with the panic in the local Into.
type Unwind struct {
	To   string `ir:"to,block"`
	Into string `ir:"into,local"` // a local of type panic
}

// Instr is an instruction: it runs to its end inside the activation. Into names locals; "_" drops a value.
type Instr interface{ instr() }

type (
	// Set assigns: `{set: place, to: expr}`.
	Set struct {
		Place Expr `ir:"set,op"` // Name, Field, Index (list, array), Deref, Global (in Init only)
		To    Expr `ir:"to"`
		At    int  `ir:"at,opt"`
	}
	// NewCell makes a fresh variable for a cell local: `{cell: x, to: expr}`.
	NewCell struct {
		Local string `ir:"cell,op,local"`
		To    Expr   `ir:"to"`
		At    int    `ir:"at,opt"`
	}
	// Do evaluates an expression for its panics only: `{eval: expr}`.
	Eval struct {
		X  Expr `ir:"eval,op"`
		At int  `ir:"at,opt"`
	}
	// Call runs a function of the program. A method of an entity type is called so on the caller's own receiver only,
	// or, in a constructor, on a draft, which is then named in On.
	Call struct {
		Func string   `ir:"call,op"`
		On   Expr     `ir:"on,opt"`
		Args []Expr   `ir:"args,opt"`
		Into []string `ir:"into,opt,local"`
		At   int      `ir:"at,opt"`
	}
	// CallFace calls a method of an interface value; on a reference it is an invoke.
	CallFace struct {
		Recv   Expr     `ir:"callface,op"`
		Method string   `ir:"method"`
		Args   []Expr   `ir:"args,opt"`
		Into   []string `ir:"into,opt,local"`
		Copy   bool     `ir:"accept,opt"` // as of Invoke
		At     int      `ir:"at,opt"`
	}
	// CallFunc calls a func value.
	CallFunc struct {
		Fn   Expr     `ir:"callfunc,op"`
		Args []Expr   `ir:"args,opt"`
		Into []string `ir:"into,opt,local"`
		At   int      `ir:"at,opt"`
	}
	// CallExtern calls a declared function of the host library.
	CallExtern struct {
		Extern string   `ir:"extern,op"`
		Args   []Expr   `ir:"args,opt"`
		Into   []string `ir:"into,opt,local"`
		At     int      `ir:"at,opt"`
	}
	// Append is Go's append: `{append: list, elems: [...], into: x}`, or `spread: list-or-string`.
	Append struct {
		List   Expr   `ir:"append,op"`
		Elems  []Expr `ir:"elems,opt"`
		Spread Expr   `ir:"spread,opt"`
		Into   string `ir:"into,local"`
		At     int    `ir:"at,opt"`
	}
	// Copy is Go's copy.
	Copy struct {
		Dst  Expr   `ir:"copy,op"`
		Src  Expr   `ir:"from"`
		Into string `ir:"into,opt,local"`
		At   int    `ir:"at,opt"`
	}
	// Clear empties a map or zeroes a list.
	Clear struct {
		X  Expr `ir:"clear,op"`
		At int  `ir:"at,opt"`
	}
	// MapSet is m[k] = v.
	MapSet struct {
		Map Expr `ir:"mapset,op"`
		Key Expr `ir:"key"`
		To  Expr `ir:"to"`
		At  int  `ir:"at,opt"`
	}
	// MapGet is v, ok = m[k]. (v = m[k] alone is the expression Index.)
	MapGet struct {
		Map  Expr     `ir:"mapget,op"`
		Key  Expr     `ir:"key"`
		Into []string `ir:"into,local"` // value, ok
		At   int      `ir:"at,opt"`
	}
	// MapDel is delete(m, k).
	MapDel struct {
		Map Expr `ir:"mapdel,op"`
		Key Expr `ir:"key"`
		At  int  `ir:"at,opt"`
	}
	// Keys takes a sorted snapshot of a map's keys; with two targets also of the values (needed for NaN keys only).
	Keys struct {
		Map  Expr     `ir:"keys,op"`
		Into []string `ir:"into,local"` // keys[, values]
		At   int      `ir:"at,opt"`
	}
	// Assert is x.(T): with one target it panics as Go does, with two the second says whether it holds.
	Assert struct {
		X    Expr     `ir:"assert,op"`
		Type *Type    `ir:"type"`
		Into []string `ir:"into,local"`
		At   int      `ir:"at,opt"`
	}
	// New allocates a variable of a type and gives a pointer to it.
	New struct {
		Type *Type  `ir:"new,op"`
		To   Expr   `ir:"to,opt"` // absent: zero
		Into string `ir:"into,local"`
		At   int    `ir:"at,opt"`
	}
	// MakeList allocates a list of zeroes.
	MakeList struct {
		Type *Type  `ir:"makelist,op"`
		Len  Expr   `ir:"len"`
		Cap  Expr   `ir:"cap,opt"`
		Into string `ir:"into,local"`
		At   int    `ir:"at,opt"`
	}
	// List allocates a list of the given elements.
	List struct {
		Type  *Type  `ir:"list,op"`
		Elems []Expr `ir:"elems,opt"`
		Into  string `ir:"into,local"`
		At    int    `ir:"at,opt"`
	}
	// ListOf converts a string to a list of bytes (u8) or runes (i32).
	ListOf struct {
		X    Expr   `ir:"listof,op"`
		Type *Type  `ir:"type"`
		Into string `ir:"into,local"`
		At   int    `ir:"at,opt"`
	}
	// MakeMap allocates an empty map.
	MakeMap struct {
		Type *Type  `ir:"makemap,op"`
		Into string `ir:"into,local"`
		At   int    `ir:"at,opt"`
	}
	// Closure makes a func value of a function with Captures; Cells are locals (cells) of the enclosing function.
	Closure struct {
		Func  string   `ir:"closure,op"`
		Cells []string `ir:"cells,opt,local"`
		Into  string   `ir:"into,local"`
		At    int      `ir:"at,opt"`
	}
	// Recover reads and clears a panic slot: the panic's value, or nil.
	Recover struct {
		Slot string `ir:"recover,op,local"`
		Into string `ir:"into,local"`
		At   int    `ir:"at,opt"`
	}
	// Print is the builtin print: debug output.
	Print struct {
		Args []Expr `ir:"print,op"`
		Line bool   `ir:"ln,opt"`
		At   int    `ir:"at,opt"`
	}
)

// Term ends a block.
type Term interface{ term() }

type (
	// Jump goes to a block.
	Jump struct {
		To string `ir:"jump,op,block"`
	}
	// If branches.
	If struct {
		Cond Expr   `ir:"if,op"`
		Then string `ir:"then,block"`
		Else string `ir:"else,block"`
		At   int    `ir:"at,opt"`
	}
	// Switch branches on an integer or string among distinct literals.
	Switch struct {
		X       Expr    `ir:"switch,op"`
		Cases   []*Case `ir:"cases"`
		Default string  `ir:"default,block"`
		At      int     `ir:"at,opt"`
	}
	// Return ends the function.
	Return struct {
		Values []Expr `ir:"return,op"`
		At     int    `ir:"at,opt"`
	}
	// Panic starts a panic with a value of type any.
	Panic struct {
		X  Expr `ir:"panic,op"`
		At int  `ir:"at,opt"`
	}
	// Repanic goes on with the panic in a slot, keeping the place where it began.
	Repanic struct {
		Slot string `ir:"repanic,op,local"`
	}
	// Invoke calls a method of the entity that a reference names; on nil it runs in the caller's activation.
	Invoke struct {
		Method string   `ir:"invoke,op"`
		On     Expr     `ir:"on"`
		Args   []Expr   `ir:"args,opt"`
		Into   []string `ir:"into,opt,local"`
		Then   string   `ir:"then,block"`
		Copy   bool     `ir:"accept,opt"` // the source accepts that arguments and results are copies (//sfc:copy)
		At     int      `ir:"at,opt"`
	}
	// Create turns a draft (a pointer to an entity's state) into an entity and gives the reference. The state is copied.
	Create struct {
		Draft Expr   `ir:"create,op"`
		Into  string `ir:"into,local"`
		Then  string `ir:"then,block"`
		Copy  bool   `ir:"accept,opt"` // as of Invoke
		At    int    `ir:"at,opt"`
	}
	// Destroy deletes an entity.
	Destroy struct {
		On   Expr   `ir:"delete,op"`
		Then string `ir:"then,block"`
		At   int    `ir:"at,opt"`
	}
	// Exists asks whether an entity exists.
	Exists struct {
		On   Expr   `ir:"exists,op"`
		Into string `ir:"into,local"`
		Then string `ir:"then,block"`
		At   int    `ir:"at,opt"`
	}
	// Unreachable is where a function cannot get to.
	Unreachable struct {
		Why string `ir:"unreachable,op"`
	}
)

// Case is one way out of a Switch.
type Case struct {
	Is *Lit   `ir:"is"`
	To string `ir:"to,block"`
}

// Expr is a pure expression. Each has a type, given by [TypeOf] in the scope of its function.
type Expr interface{ expr() }

type (
	// Name is a local, parameter, capture or the own receiver: a bare string in text.
	Name struct{ Name string }
	// Lit is a literal of a basic type, or of a declared type whose underlying type is basic: `{int: 7}`,
	// `{string: abc}`, `{Color: 7}`. Value is bool, int64, uint64, float64, complex128 or string, by the kind.
	Lit struct {
		Type  *Type
		Value any
	}
	// Nil is the nil of a list, map, pointer, reference, func or interface type: `{nil: type}`.
	Nil struct {
		Type *Type `ir:"nil,op"`
	}
	// Zero is the zero value of any type.
	Zero struct {
		Type *Type `ir:"zero,op"`
	}
	// Global reads a package variable, or a variable of the host library (go:io.EOF), which is an error unless Type
	// says what it is.
	Global struct {
		Name string `ir:"var,op"`
		Type *Type  `ir:"as,opt"`
	}
	// FuncVal is a function of the program as a func value.
	FuncVal struct {
		Func string `ir:"func,op"`
	}
	// Unary is neg, not, inv: `{neg: x}`.
	Unary struct {
		Op string
		X  Expr
	}
	// Binary is an operator on two operands of one type (shifts: any integers): `{add: [x, y]}`.
	// Ops: add sub mul div rem and or xor andnot shl shr eq ne lt le gt ge land lor.
	Binary struct {
		Op   string
		X, Y Expr
	}
	// Field selects a field of a struct value, through a pointer, or of the own receiver's state: `{field: [x, f]}`.
	// Type is set for a struct of the host library, alone: the program does not declare its fields.
	Field struct {
		X    Expr
		Name string
		Type *Type // in text `as`
	}
	// Index is x[i] of a list, array, string, pointer to array, or map (zero if absent): `{index: [x, i]}`.
	Index struct {
		X, I Expr
	}
	// Slice is x[lo:hi:max] of a list, string or pointer to an array.
	Slice struct {
		X   Expr `ir:"slice,op"`
		Lo  Expr `ir:"lo,opt"`
		Hi  Expr `ir:"hi,opt"`
		Max Expr `ir:"max,opt"`
	}
	// Len is the length of a string, list, array or map.
	Len struct {
		X Expr `ir:"len,op"`
	}
	// Cap is the capacity of a list.
	Cap struct {
		X Expr `ir:"cap,op"`
	}
	// Deref reads through a pointer.
	Deref struct {
		X Expr `ir:"deref,op"`
	}
	// Addr is the address of a place: a cell, a field through a pointer or of the own state, an element of a list.
	Addr struct {
		X Expr `ir:"addr,op"`
	}
	// Convert converts between numeric types, to and from declared types, from an interface to one it implements,
	// from bytes, runes or an integer to a string, from a list to an array (panics if too short).
	Convert struct {
		X  Expr  `ir:"convert,op"`
		To *Type `ir:"as"`
	}
	// Box makes an interface value of a concrete one.
	Box struct {
		X  Expr  `ir:"box,op"`
		To *Type `ir:"as"`
	}
	// IsNil says whether a list, map, pointer, reference, func or interface is nil.
	IsNil struct {
		X Expr `ir:"isnil,op"`
	}
	// StructLit is a struct value; fields that are absent are zero.
	StructLit struct {
		Type   *Type      `ir:"struct,op"`
		Fields []*FieldTo `ir:"fields,opt,keyed"`
	}
	// ArrayLit is an array value; At gives the index of each element.
	ArrayLit struct {
		Type  *Type  `ir:"array,op"`
		Elems []Expr `ir:"elems,opt"`
		At    []int  `ir:"places,opt"` // absent: 0, 1, 2 …
	}
	// RefTo makes a reference from a key, without a check that it exists; an unusable key panics InvalidArgument.
	RefTo struct {
		Entity string `ir:"ref,op"`
		Key    Expr   `ir:"key"`
	}
	// KeyOf is the key of a reference.
	KeyOf struct {
		X Expr `ir:"keyof,op"`
	}
	// Request is a constant of the request: now (time), deadline (time, zero if none), id (string).
	Request struct {
		What string `ir:"request,op"`
	}
	// Panicking says whether a panic slot is set.
	Panicking struct {
		Slot string `ir:"panicking,op,local"`
	}
)

// FieldTo is one field of a StructLit.
type FieldTo struct {
	Name string `ir:"name,key"`
	To   Expr   `ir:"to"`
}

func (*Set) instr()        {}
func (*NewCell) instr()    {}
func (*Eval) instr()       {}
func (*Call) instr()       {}
func (*CallFace) instr()   {}
func (*CallFunc) instr()   {}
func (*CallExtern) instr() {}
func (*Append) instr()     {}
func (*Copy) instr()       {}
func (*Clear) instr()      {}
func (*MapSet) instr()     {}
func (*MapGet) instr()     {}
func (*MapDel) instr()     {}
func (*Keys) instr()       {}
func (*Assert) instr()     {}
func (*New) instr()        {}
func (*MakeList) instr()   {}
func (*List) instr()       {}
func (*ListOf) instr()     {}
func (*MakeMap) instr()    {}
func (*Closure) instr()    {}
func (*Recover) instr()    {}
func (*Print) instr()      {}

func (*Jump) term()        {}
func (*If) term()          {}
func (*Switch) term()      {}
func (*Return) term()      {}
func (*Panic) term()       {}
func (*Repanic) term()     {}
func (*Invoke) term()      {}
func (*Create) term()      {}
func (*Destroy) term()     {}
func (*Exists) term()      {}
func (*Unreachable) term() {}

func (*Name) expr()      {}
func (*Lit) expr()       {}
func (*Nil) expr()       {}
func (*Zero) expr()      {}
func (*Global) expr()    {}
func (*FuncVal) expr()   {}
func (*Unary) expr()     {}
func (*Binary) expr()    {}
func (*Field) expr()     {}
func (*Index) expr()     {}
func (*Slice) expr()     {}
func (*Len) expr()       {}
func (*Cap) expr()       {}
func (*Deref) expr()     {}
func (*Addr) expr()      {}
func (*Convert) expr()   {}
func (*Box) expr()       {}
func (*IsNil) expr()     {}
func (*StructLit) expr() {}
func (*ArrayLit) expr()  {}
func (*RefTo) expr()     {}
func (*KeyOf) expr()     {}
func (*Request) expr()   {}
func (*Panicking) expr() {}
