package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
)

// mutateGo returns the mutants of a Go file. Generated files have none, nor
// have methods that only describe a value.
func mutateGo(file string, source []byte) ([]mutant, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(parsed) {
		return nil, nil
	}
	g := goFile{file: file, source: source, set: set}
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		switch {
		case !ok:
			g.always = true
			g.walk(declaration, nil)
			g.always = false
		case function.Body == nil, function.Name.Name == "String", function.Name.Name == "Error", function.Name.Name == "GoString":
		default:
			g.walk(function.Body, function.Type)
		}
	}
	return sorted(g.found), nil
}

type goFile struct {
	file   string
	source []byte
	set    *token.FileSet
	always bool
	found  []mutant
}

func (g *goFile) offset(p token.Pos) int { return g.set.Position(p).Offset }

func (g *goFile) text(n ast.Node) string {
	return string(g.source[g.offset(n.Pos()):g.offset(n.End())])
}

func (g *goFile) replace(operator string, from, to token.Pos, with string) {
	g.found = append(g.found, mutant{File: g.file, Operator: operator, Start: g.offset(from), End: g.offset(to), New: with, Always: g.always})
}

// walk looks through a node, which is within a function of the type given.
func (g *goFile) walk(root ast.Node, function *ast.FuncType) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			always := g.always
			g.always = false
			g.walk(n.Body, n.Type)
			g.always = always
			return false
		case *ast.ImportSpec, *ast.Field:
			return false // paths, types and tags
		case *ast.IfStmt:
			// The condition stays in the text, so that its variables are used.
			g.replace("if true", n.Cond.Pos(), n.Cond.End(), "true || ("+g.text(n.Cond)+")")
			g.replace("if false", n.Cond.Pos(), n.Cond.End(), "false && ("+g.text(n.Cond)+")")
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.DeferStmt, *ast.GoStmt:
			g.replace("delete statement", n.Pos(), n.End(), "")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				g.replace("delete statement", n.Pos(), n.End(), "")
			}
		case *ast.ReturnStmt:
			g.returns(n, function)
		case *ast.BinaryExpr:
			g.binary(n)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				g.replace("drop not", n.Pos(), n.End(), g.text(n.X))
			}
		case *ast.Ident:
			if n.Name == "true" || n.Name == "false" {
				g.replace("flip boolean", n.Pos(), n.End(), strconv.FormatBool(n.Name != "true"))
			}
		case *ast.BasicLit:
			g.literal(n)
		}
		return true
	})
}

// returns drops the error that a function returns.
func (g *goFile) returns(n *ast.ReturnStmt, function *ast.FuncType) {
	if len(n.Results) == 0 || function == nil || function.Results == nil {
		return
	}
	fields := function.Results.List
	if kind, ok := fields[len(fields)-1].Type.(*ast.Ident); !ok || kind.Name != "error" {
		return
	}
	last := n.Results[len(n.Results)-1]
	if len(n.Results) < function.Results.NumFields() || g.text(last) == "nil" {
		return // what another function returns, or nothing to drop
	}
	g.replace("return no error", last.Pos(), last.End(), "nil")
}

var otherComparison = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==",
}

func (g *goFile) binary(n *ast.BinaryExpr) {
	if n.Op == token.LAND || n.Op == token.LOR {
		g.replace("drop condition", n.Pos(), n.End(), g.text(n.X))
		g.replace("drop condition", n.Pos(), n.End(), g.text(n.Y))
	}
	if other, ok := otherComparison[n.Op]; ok {
		g.replace("swap comparison", n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
	}
}

func (g *goFile) literal(n *ast.BasicLit) {
	switch n.Kind {
	case token.INT:
		g.replace("off by one", n.Pos(), n.End(), "("+n.Value+" + 1)")
		g.replace("off by one", n.Pos(), n.End(), "("+n.Value+" - 1)")
	case token.STRING:
		for _, m := range mutateSQL(n.Value) {
			m.File, m.Always = g.file, g.always
			m.Start += g.offset(n.Pos())
			m.End += g.offset(n.Pos())
			g.found = append(g.found, m)
		}
	}
}
