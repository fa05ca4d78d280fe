// This file lists every diagnostic code with its title.

package diag

import "slices"

// Code is a kind of finding. The first digits tell the group: SF00 usage and loading, SF10 packages and configuration,
// SF11 entities, SF12 language, SF13 library, SF14 copies at calls, SF15 not supported yet, SF2 IR, SF3 targets,
// SF9 internal.
type Code struct {
	Code  string
	Title string
	Help  string // the way out where a finding names no better one
}

// Codes gives all codes in ascending order.
func Codes() []Code { return slices.Clone(codes) }

// Title gives the title of a code, "" if there is none of that name.
func Title(code string) string {
	for _, c := range codes {
		if c.Code == code {
			return c.Title
		}
	}
	return ""
}

func usualHelp(code string) string {
	for _, c := range codes {
		if c.Code == code {
			return c.Help
		}
	}
	return ""
}

var codes = []Code{
	{"SF0001", "the package cannot be loaded", "check the path: `go list` with the same arguments says what Go makes of it"},
	{"SF0002", "Go's own compiler refuses the package", ""},
	{"SF0003", "a program is one package", "name one package: `sfc vet ./shop`"},
	{"SF0004", "nothing in the package can be requested", ""},
	{"SF0005", "the platform has 32-bit integers", ""},

	{"SF1001", "imported package is neither in the module nor declared pure", ""},
	{"SF1003", "error in sfc.yaml", "`sfc explain SF1003` lists what the file may hold"},
	{"SF1004", "function without a Go body", ""},
	{"SF1005", "unknown //sfc: directive", ""},
	{"SF1006", "//sfc: directive in the wrong place", ""},

	{"SF1101", "entity type has no Key method", ""},
	{"SF1102", "Key method of the wrong form", ""},
	{"SF1103", "entity method with a value receiver", ""},
	{"SF1104", "generic entity type", ""},
	{"SF1105", "two entity types of one name", ""},
	{"SF1106", "reserved name of an entity type", ""},
	{"SF1107", "key field is set outside constructors", ""},
	{"SF1108", "entity built outside a constructor", ""},
	{"SF1109", "entity used as a value", ""},
	{"SF1110", "copy of an entity", ""},
	{"SF1111", "assignment to the receiver of an entity", ""},
	{"SF1112", "field of another entity", ""},
	{"SF1113", "func in the state of an entity", ""},
	{"SF1114", "channel in the state of an entity", ""},
	{"SF1115", "library type in the state of an entity", ""},
	{"SF1116", "mutex in the state of an entity", ""},
	{"SF1117", "draft leaves its constructor", ""},
	{"SF1118", "entity type is not a struct", ""},
	{"SF1119", "Key method does more than read its own fields", ""},
	{"SF1120", "wrong use of sfc.Get, sfc.Exists or sfc.Delete", ""},

	{"SF1201", "goroutine", ""},
	{"SF1202", "channel", ""},
	{"SF1203", "select", ""},
	{"SF1204", "package variable is written after initialisation", ""},
	{"SF1205", "range over a map with pointer keys", ""},
	{"SF1206", "unsafe, uintptr or cgo", ""},
	{"SF1207", "cap of a slice of state", ""},
	{"SF1208", "append to a slice of state is not assigned back", ""},
	{"SF1209", "method that the library calls reaches another entity", ""},
	{"SF1210", "func or channel crosses a call to another entity", ""},
	{"SF1211", "method that the library calls asks for the time or random numbers", ""},

	{"SF1301", "package of the standard library that is not allowed", ""},
	{"SF1302", "library function that is not allowed", ""},
	{"SF1303", "input or output in a request", ""},
	{"SF1304", "waiting in a request", ""},
	{"SF1305", "locks and atomics", ""},
	{"SF1306", "reflection or access to the runtime", ""},
	{"SF1307", "randomness that cannot be repeated", ""},
	{"SF1308", "address of a pointer leaks", ""},
	{"SF1309", "library would look inside a reference", ""},
	{"SF1310", "library function that is not in the table yet", ""},

	{"SF1401", "callee writes to its copy of an argument", ""},
	{"SF1402", "one side keeps what the other writes", ""},
	{"SF1404", "identity of a pointer that may be a copy", ""},
	{"SF1405", "cap of a slice that may be a copy", ""},
	{"SF1406", "too much sharing to find out where copies would show", ""},

	{"SF1501", "generic code of a form that is not supported yet", ""},
	{"SF1503", "method expression of a promoted method", ""},
	{"SF1504", "range over a function", ""},
	{"SF1505", "pointer into the middle of something", ""},
	{"SF1506", "library is given a function that reaches another entity", ""},
	{"SF1507", "complex number", ""},
	{"SF1508", "library type is alive across a call to another entity", ""},
	{"SF1510", "name of a type that differs in the generated program", ""},
	{"SF1511", "construct that is not supported yet", ""},

	{"SF2001", "IR file cannot be read", "`sfc schema` gives the JSON Schema of such files"},
	{"SF2002", "IR breaks a rule", "`sfc schema` gives the JSON Schema of such files; `sfc compile --emit=ir` shows one that is right"},
	{"SF2004", "change is not compatible with stored state", "keep the old field beside the new one, name it with `//sfc:was old`, or start from nothing (`--fresh`)"},
	{"SF2005", "program of another id", "choose another folder, or the program whose it is"},

	{"SF3001", "unknown target", "`sfc targets` lists the targets"},
	{"SF3002", "target cannot do what the program needs", "`sfc targets` says what each target can do"},
	{"SF3003", "unknown option of a target", "`sfc targets` lists the options of each target"},
	{"SF3004", "output folder cannot be used", "name a folder that is empty or was made by sfc"},
	{"SF3005", "backend's executable does not answer as it must", "ask who makes the backend: it must read and write what docs/backends.md says"},
	{"SF3006", "target refuses the program", "change what the target refuses, or choose another target (`sfc targets`)"},

	{"SF9001", "internal error", "this is a fault of sfc, not of the program: report it with the source, please"},
}
