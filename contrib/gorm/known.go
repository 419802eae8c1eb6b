package auditgorm

import (
	"slices"
	"strings"
)

// findModel finds the model that the statement's rows are recorded by: the one
// of the statement's table, else the statement's own, which is another table's
// then, else that of a table which this one is a part of.
func (s *statement) findModel() error {
	p := s.plugin
	if schema := s.db.Statement.Schema; schema != nil {
		s.model = p.modelOf(schema)
		own, err := s.isTable(schema.Table)
		if err != nil || own {
			s.ownTable = own
			return err
		}
	}
	known, err := s.knownModel()
	switch {
	case err != nil:
		return err
	case known != nil:
		s.model, s.ownTable = known, true
	case s.model != nil:
		p.noteShard(s.target.name, s.model)
	default:
		s.model = s.shardModel()
	}
	return nil
}

// isTable reports whether a name is that of the statement's table.
func (s *statement) isTable(name string) (bool, error) {
	if name == s.target.name {
		return true, nil
	}
	if !strings.EqualFold(base(name), base(s.target.name)) || s.table.id == "" {
		return false, nil
	}
	t, err := s.plugin.tableOf(s.ctx, s.db, s.connection(), name)
	return err == nil && t.id == s.table.id, err
}

// knownModel returns the model whose own table is the statement's, or nil.
func (s *statement) knownModel() (found *model, err error) {
	if known, ok := s.plugin.seen.Load(s.target.name); ok {
		return known.(*model), nil
	}
	s.plugin.seen.Range(func(name, known any) bool {
		var own bool
		if own, err = s.isTable(name.(string)); own {
			found = known.(*model)
		}
		return err == nil && !own
	})
	return found, err
}

// noteShard notes the model that a statement has changed another table with. Of
// several it keeps the one with the most columns, which has the most tags.
func (p *Plugin) noteShard(table string, m *model) {
	if known, ok := p.shards.LoadOrStore(table, m); ok && len(m.columns) > len(known.(*model).columns) {
		p.shards.Store(table, m)
	}
}

// shardModel returns the model of a table that no model calls its own: the one
// that a statement has changed it with, else the one whose table's name it
// begins with and all of whose columns it has. It returns nil without any.
func (s *statement) shardModel() (found *model) {
	if known, ok := s.plugin.shards.Load(s.target.name); ok {
		return known.(*model)
	}
	longest, shard := "", strings.ToLower(base(s.target.name))
	s.plugin.seen.Range(func(name, known any) bool {
		whole := strings.ToLower(base(name.(string)))
		if len(whole) > len(longest) && strings.HasPrefix(shard, whole+"_") && known.(*model).fits(s.table) {
			longest, found = whole, known.(*model)
		}
		return true
	})
	return found
}

// fits reports whether the table has all columns of the model.
func (m *model) fits(t *table) bool {
	for _, f := range m.schema.Fields {
		if isColumn(m.schema, f) && !slices.Contains(t.columns, f.DBName) {
			return false
		}
	}
	return len(m.columns) > 0
}
