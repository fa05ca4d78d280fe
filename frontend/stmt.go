// This file lowers statements.

package frontend

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/stateful-entities/sfc/ir"
)

// loop is a statement that break and continue may leave.
type loop struct {
	label string
	brk   *ir.Block
	cont  *ir.Block // nil for switch
	used  bool
}

func (f *fn) block(list []ast.Stmt) {
	for _, s := range list {
		f.stmt(s)
	}
}

func (f *fn) stmt(s ast.Stmt) {
	defer f.guard(s)
	f.at = f.line(s.Pos())
	label := f.label
	f.label = ""
	switch s := s.(type) {
	case *ast.EmptyStmt:
	case *ast.BlockStmt:
		f.block(s.List)
	case *ast.ExprStmt:
		f.exprStmt(s)
	case *ast.AssignStmt:
		f.assignStmt(s)
	case *ast.IncDecStmt:
		f.incDec(s)
	case *ast.DeclStmt:
		if d, ok := s.Decl.(*ast.GenDecl); ok {
			f.declStmt(d)
		}
	case *ast.ReturnStmt:
		f.returnStmt(s)
	case *ast.IfStmt:
		f.ifStmt(s)
	case *ast.ForStmt:
		f.forStmt(s, label)
	case *ast.RangeStmt:
		f.rangeStmt(s, label)
	case *ast.SwitchStmt:
		f.switchStmt(s, label)
	case *ast.TypeSwitchStmt:
		f.typeSwitch(s, label)
	case *ast.LabeledStmt:
		f.labeled(s)
	case *ast.BranchStmt:
		f.branchStmt(s)
	case *ast.DeferStmt:
		f.deferStmt(s)
	case *ast.GoStmt:
		f.report("SF1201", s, "call the function; requests to different entities run beside each other anyway", "goroutines cannot be suspended and moved")
	case *ast.SendStmt:
		f.report("SF1202", s, "collect in a slice, or call a method where you would have sent", "channels cannot be suspended and moved")
	case *ast.SelectStmt:
		f.report("SF1203", s, "call the methods one after another", "select needs channels, which cannot be suspended and moved")
	default:
		f.report("SF1511", s, "write it in another form", "this statement is not supported")
	}
	f.flush()
}

func (f *fn) exprStmt(s *ast.ExprStmt) {
	if call, ok := ast.Unparen(s.X).(*ast.CallExpr); ok && !f.pkg.TypesInfo.Types[call.Fun].IsType() {
		f.callStmt(call)
		return
	}
	x := f.value(s.X)
	f.flush()
	f.do(&ir.Eval{X: x, At: f.at})
}

func (f *fn) incDec(s *ast.IncDecStmt) {
	op := "add"
	if s.Tok == token.DEC {
		op = "sub"
	}
	t := f.target(s.X)
	old := t.place
	if t.m != nil {
		old = func() ir.Expr { a := t.m(); return &ir.Index{X: a, I: t.k()} }
	}
	one := f.one(f.plain(t.typ), s)
	x := f.operateOn(old, t.typ, func(old operand) operand { return f.op(op, old, one) })()
	f.flush()
	f.emitStore(f.build(t, x))
}

func (f *fn) one(t types.Type, n ast.Node) operand {
	it := f.typ(t, n)
	info := t.Underlying().(*types.Basic).Info()
	return func() ir.Expr {
		switch {
		case info&types.IsUnsigned != 0:
			return &ir.Lit{Type: it, Value: uint64(1)}
		case info&types.IsInteger != 0:
			return &ir.Lit{Type: it, Value: int64(1)}
		}
		return &ir.Lit{Type: it, Value: float64(1)}
	}
}

func (f *fn) ifStmt(s *ast.IfStmt) {
	if s.Init != nil {
		f.stmt(s.Init)
		f.at = f.line(s.Pos())
	}
	yes, after := f.newBlock(), f.newBlock()
	no := after
	if s.Else != nil {
		no = f.newBlock()
	}
	f.cond(s.Cond, yes, no)
	f.start(yes)
	f.block(s.Body.List)
	f.fallTo(after)
	if s.Else != nil {
		f.start(no)
		f.stmt(s.Else)
		f.fallTo(after)
	}
	f.start(after)
}

// fallTo jumps to a block if the present one has not ended.
func (f *fn) fallTo(b *ir.Block) {
	if f.cur != nil {
		f.jump(b)
	}
}

func (f *fn) enter(label string, brk, cont *ir.Block) {
	f.loops = append(f.loops, &loop{label: label, brk: brk, cont: cont})
	if cont != nil {
		f.scope.loopDepth++
	}
}

func (f *fn) leaveLoop() {
	if f.loops[len(f.loops)-1].cont != nil {
		f.scope.loopDepth--
	}
	f.loops = f.loops[:len(f.loops)-1]
}

// forStmt lowers for; a captured variable of its header is a fresh cell in each iteration.
func (f *fn) forStmt(s *ast.ForStmt, label string) {
	if s.Init != nil {
		f.stmt(s.Init)
	}
	head, body, post, after := f.newBlock(), f.newBlock(), f.newBlock(), f.newBlock()
	f.goOn(head)
	f.at = f.line(s.Pos())
	if s.Cond != nil {
		f.cond(s.Cond, body, after)
		f.start(body)
	}
	f.enter(label, after, post)
	f.block(s.Body.List)
	f.leaveLoop()
	f.fallTo(post)
	f.start(post)
	f.freshCells(s)
	if s.Post != nil {
		f.stmt(s.Post)
	}
	f.jump(head)
	f.start(after)
}

func (f *fn) freshCells(s *ast.ForStmt) {
	init, ok := s.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE {
		return
	}
	for _, l := range init.Lhs {
		if v := f.defines(l); v != nil {
			if x := f.vars[v]; x != nil && x.cell {
				f.do(&ir.NewCell{Local: x.name, To: &ir.Name{Name: x.name}, At: f.at})
			}
		}
	}
}

func (f *fn) labeled(s *ast.LabeledStmt) {
	b := f.labelBlock(s.Label.Name)
	f.fallTo(b)
	f.start(b)
	f.label = s.Label.Name
	switch s.Stmt.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt:
	case *ast.BlockStmt, *ast.IfStmt: // break out of a labelled block
		f.label = ""
	default:
		f.label = ""
	}
	f.stmt(s.Stmt)
}

func (f *fn) labelBlock(name string) *ir.Block {
	b := f.scope.labels[name]
	if b == nil {
		b = f.newBlock()
		f.scope.labels[name] = b
	}
	return b
}

func (f *fn) branchStmt(s *ast.BranchStmt) {
	switch s.Tok {
	case token.GOTO:
		f.jump(f.labelBlock(s.Label.Name))
	case token.FALLTHROUGH:
		f.jump(f.next)
	default:
		for i := len(f.loops) - 1; i >= 0; i-- {
			l := f.loops[i]
			if s.Label != nil && l.label != s.Label.Name || s.Tok == token.CONTINUE && l.cont == nil {
				continue
			}
			if s.Tok == token.BREAK {
				f.jump(l.brk)
			} else {
				f.jump(l.cont)
			}
			return
		}
		internal("%s leads nowhere", s.Tok)
	}
}
