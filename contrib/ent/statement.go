package auditent

import (
	"fmt"
	"strings"
)

// statement is an INSERT, UPDATE or DELETE as ent builds them.
type statement struct {
	tokens []token
	verb   string // INSERT, UPDATE, DELETE; "" for statements that change no rows
	table  tableName
	name   []token // the table, as written
	where  []token // of UPDATE and DELETE, without the keyword
	sets   []assignment

	columns   []string    // of INSERT
	values    [][][]token // rows, each with one list of tokens a column
	conflict  string      // "", NOTHING or UPDATE
	target    []string    // columns of ON CONFLICT
	targetIf  []token     // WHERE of a partial index
	on        string      // ON CONSTRAINT
	returning int         // columns that it returns, 0 for none
	bare      []token     // all but RETURNING and what follows
	returned  []token     // the list after RETURNING
}

// assignment is column = value, after SET.
type assignment struct {
	column string
	value  []token
}

// assignments reads what follows SET, up to one of the words.
func (s *statement) assignments(p *parser, words ...string) {
	for {
		a := assignment{column: p.next().ident()}
		if p.is("=") {
			a.value = p.until(append(words, ",")...)
		} else {
			p.until(append(words, ",")...)
		}
		s.sets = append(s.sets, a)
		if !p.is(",") {
			return
		}
	}
}

// tableName is a table's name, with its schema if the statement has one.
type tableName struct{ schema, name string }

func (n tableName) String() string {
	if n.schema != "" {
		return n.schema + "." + n.name
	}
	return n.name
}

// parser reads the tokens of a statement.
type parser struct {
	all []token
	at  int
}

func (p *parser) peek() token {
	if p.at < len(p.all) {
		return p.all[p.at]
	}
	return token{}
}

func (p *parser) next() token {
	t := p.peek()
	p.at = min(p.at+1, len(p.all))
	return t
}

// is reports whether the next tokens are these words, and skips them.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		if p.at+i >= len(p.all) || !p.all[p.at+i].is(w) {
			return false
		}
	}
	p.at += len(words)
	return true
}

// until returns the tokens up to one of the words outside of all parentheses,
// or to the end.
func (p *parser) until(words ...string) []token {
	from, depth := p.at, 0
	for ; p.at < len(p.all); p.at++ {
		t := p.all[p.at]
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			if depth--; depth < 0 {
				return p.all[from:p.at]
			}
		case depth == 0:
			for _, w := range words {
				if t.is(w) {
					return p.all[from:p.at]
				}
			}
		}
	}
	return p.all[from:p.at]
}

// parse reads a statement. It fails for those that change rows in a way that
// cannot be followed.
func parse(query string, dialectName string) (*statement, error) {
	tokens, err := tokenize(query, dialectName)
	if err != nil {
		return nil, err
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].is(";") {
		tokens = tokens[:len(tokens)-1]
	}
	s, p := &statement{tokens: tokens}, &parser{all: tokens}
	switch {
	case p.is("INSERT", "INTO"):
		s.verb = "INSERT"
		err = s.parseInsert(p)
	case p.is("UPDATE"):
		s.verb = "UPDATE"
		err = s.parseUpdate(p)
	case p.is("DELETE", "FROM"):
		s.verb = "DELETE"
		err = s.parseDelete(p)
	case p.is("SELECT"), p.is("SAVEPOINT"), p.is("RELEASE"), p.is("ROLLBACK"), p.is("SET"), p.is("PRAGMA"), p.is("SHOW"), p.is("EXPLAIN"):
		return s, nil
	default:
		return nil, fmt.Errorf("a statement that begins with %q cannot be followed: use ent's builders without a prefix", p.peek().text)
	}
	if err == nil && p.at < len(p.all) {
		err = fmt.Errorf("the statement has %q, which cannot be followed", p.peek().text)
	}
	return s, err
}

func (s *statement) parseTable(p *parser) error {
	from := p.at
	first := p.next()
	s.table.name = first.ident()
	if p.is(".") {
		s.table.schema, s.table.name = s.table.name, p.next().ident()
	}
	if s.name = p.all[from:p.at]; s.table.name == "" {
		return fmt.Errorf("the statement names no table, but %q", first.text)
	}
	return nil
}

func (s *statement) parseUpdate(p *parser) error {
	if err := s.parseTable(p); err != nil {
		return err
	}
	if !p.is("SET") {
		return fmt.Errorf("UPDATE of %s has %q instead of SET", s.table, p.peek().text)
	}
	s.assignments(p, "WHERE", "FROM", "RETURNING", "ORDER", "LIMIT")
	return s.parseEnd(p)
}

func (s *statement) parseDelete(p *parser) error {
	if err := s.parseTable(p); err != nil {
		return err
	}
	return s.parseEnd(p)
}

// parseEnd reads WHERE and RETURNING.
func (s *statement) parseEnd(p *parser) error {
	if p.is("WHERE") {
		s.where = p.until("RETURNING", "ORDER", "LIMIT")
	}
	return s.parseReturning(p)
}

func (s *statement) parseReturning(p *parser) error {
	s.bare = p.all[:p.at]
	if !p.is("RETURNING") {
		return nil
	}
	from := p.at
	for {
		s.returning++
		p.until(",")
		if !p.is(",") {
			break
		}
	}
	s.returned = p.all[from:p.at]
	for _, t := range s.returned {
		if t.is("*") {
			return fmt.Errorf("RETURNING * cannot be followed: name the columns")
		}
	}
	return nil
}

func (s *statement) parseInsert(p *parser) error {
	if err := s.parseTable(p); err != nil {
		return err
	}
	if p.is("DEFAULT", "VALUES") {
		s.values = [][][]token{nil}
		return s.parseConflict(p)
	}
	columns, err := parseNames(p)
	if err != nil {
		return err
	}
	s.columns = columns
	if !p.is("VALUES") {
		return fmt.Errorf("INSERT into %s has %q instead of VALUES", s.table, p.peek().text)
	}
	for {
		if !p.is("(") {
			return fmt.Errorf("INSERT into %s has %q instead of a list of values", s.table, p.peek().text)
		}
		var row [][]token
		for {
			row = append(row, p.until(","))
			if !p.is(",") {
				break
			}
		}
		if !p.is(")") || len(row) != len(s.columns) {
			return fmt.Errorf("INSERT into %s has %d values for %d columns", s.table, len(row), len(s.columns))
		}
		s.values = append(s.values, row)
		if !p.is(",") {
			break
		}
	}
	return s.parseConflict(p)
}

// parseNames reads a list of columns in parentheses.
func parseNames(p *parser) (names []string, err error) {
	if !p.is("(") {
		return nil, fmt.Errorf("%q stands in place of a list of columns", p.peek().text)
	}
	for {
		t := p.next()
		if t.ident() == "" {
			return nil, fmt.Errorf("%q stands in place of a column", t.text)
		}
		names = append(names, t.ident())
		if p.is(")") {
			return names, nil
		}
		if !p.is(",") {
			return nil, fmt.Errorf("the column %s is followed by %q: only plain columns can be followed", t.text, p.peek().text)
		}
	}
}

func (s *statement) parseConflict(p *parser) (err error) {
	if !p.is("ON", "CONFLICT") {
		return s.parseReturning(p)
	}
	if p.is("ON", "CONSTRAINT") {
		s.on = p.next().ident()
	} else if p.peek().is("(") {
		if s.target, err = parseNames(p); err != nil {
			return fmt.Errorf("ON CONFLICT: %w", err)
		}
	}
	if p.is("WHERE") {
		s.targetIf = p.until("DO")
	}
	switch {
	case p.is("DO", "NOTHING"):
		s.conflict = "NOTHING"
	case p.is("DO", "UPDATE", "SET"):
		s.conflict = "UPDATE"
		s.assignments(p, "WHERE", "RETURNING")
		if p.is("WHERE") {
			p.until("RETURNING")
		}
	default:
		return fmt.Errorf("ON CONFLICT has %q, which cannot be followed", strings.TrimSpace(p.peek().text))
	}
	return s.parseReturning(p)
}
