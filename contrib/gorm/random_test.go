package auditgorm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/auditkeep/audit"
)

// Random statements through GORM: each change of a row has exactly one entry,
// with the values that the database held before and after. AUDIT_TEST_LONG=1
// runs it for a minute, with another seed each time.
func TestRandomStatements(t *testing.T) {
	t.Parallel()
	onEach(t, setup{config: gorm.Config{DisableForeignKeyConstraintWhenMigrating: true}}, func(t *testing.T, w world) {
		require.NoError(t, library(w.DB))
		seed, until := uint64(1), time.Now().Add(3*time.Second)
		if os.Getenv("AUDIT_TEST_LONG") == "1" {
			seed, until = rand.Uint64(), time.Now().Add(time.Minute)
		}
		shelve(t, w.DB)
		g := &gambler{T: t, Rand: rand.New(rand.NewPCG(seed, 0))}
		for n := 0; time.Now().Before(until); n++ {
			last := w.newest(t)
			g.expected, g.story = []string{}, nil
			if g.IntN(4) > 0 {
				g.step(w.DB)
			} else {
				g.transaction(w.DB, 0)
			}
			slices.Sort(g.expected)
			require.Equal(t, g.expected, w.sortedAfter(t, last), "seed %d, number %d: %s", seed, n, strings.Join(g.story, "; "))
		}
		t.Logf("seed %d: %d statements, %d of them failed, %d entries", seed, g.statements, g.failed, g.entries)
		require.Greater(t, g.entries, g.statements/4, "the statements change too little to tell")
	})
}

// sortedAfter returns the entries after one, in the dump's form of changes.
func (w world) sortedAfter(t *testing.T, id audit.ID) []string {
	t.Helper()
	lines := []string{}
	for e, err := range w.log.All(context.Background(), audit.Filter{Org: "acme"}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}) {
		require.NoError(t, err)
		if e.ID == id {
			break
		}
		var parts []string
		for _, c := range e.Changes {
			switch e.Action {
			case audit.ActionCreate:
				parts = append(parts, c.Field+"="+c.New.JSON())
			case audit.ActionDestroy:
				parts = append(parts, c.Field+"="+c.Old.JSON())
			default:
				parts = append(parts, c.Field+" "+c.Old.JSON()+"→"+c.New.JSON())
			}
		}
		slices.Sort(parts)
		object := e.Object.Type + " " + e.Object.ID
		if strings.HasPrefix(e.Object.ID, "row-") {
			object = e.Object.Type + " ?"
		}
		lines = append(lines, string(e.Action)+" "+object+": "+strings.Join(parts, " "))
	}
	slices.Sort(lines)
	return lines
}

// gambler executes random statements and keeps what must be recorded of them.
type gambler struct {
	*testing.T
	*rand.Rand
	expected                    []string
	story                       []string
	statements, failed, entries int
}

var errGamble = errors.New("rolled back at random")

// step executes one statement.
func (g *gambler) step(db *gorm.DB) error {
	if _, err := db.Statement.ConnPool.ExecContext(context.Background(), "SELECT 1"); err != nil {
		return err // a statement that could not be recorded has ended the transaction
	}
	before := dumpOf(g.T, db)
	s := bets[g.IntN(len(bets))]
	g.statements++
	err := s.do(g, db)
	g.story = append(g.story, fmt.Sprintf("%s (%v)", s.name, err))
	if err != nil {
		require.True(g, s.name == "update key" || !strings.Contains(err.Error(), "auditgorm"), "%s: %v", s.name, err)
		g.failed++
		if _, inTransaction := db.Statement.ConnPool.(gorm.TxCommitter); inTransaction {
			return err // the dump may not be possible any more
		}
	}
	changes := before.changes(dumpOf(g.T, db), strings.Contains(s.name, "delete"))
	g.entries += len(changes)
	g.expected = append(g.expected, changes...)
	return err
}

// transaction executes some statements and commits them, or not.
func (g *gambler) transaction(db *gorm.DB, depth int) {
	kept := len(g.expected)
	err := db.Transaction(func(tx *gorm.DB) error {
		for range 1 + g.IntN(3) {
			if depth < 2 && g.IntN(3) == 0 {
				g.transaction(tx, depth+1)
				continue
			}
			if err := g.step(tx); err != nil {
				return err
			}
		}
		if g.IntN(3) == 0 {
			return errGamble
		}
		return nil
	})
	g.story = append(g.story, fmt.Sprintf("end of transaction (%v)", err))
	if err != nil {
		g.expected = g.expected[:kept]
	}
}

func (g *gambler) id() uint     { return uint(1 + g.IntN(6)) }
func (g *gambler) text() string { return []string{"", "a", "b", "Ä \"x\"", "null", "0"}[g.IntN(6)] }

// maybe returns NULL, zero or another number.
func (g *gambler) maybe() *int {
	if g.IntN(3) == 0 {
		return nil
	}
	return ptr(g.IntN(3))
}

func (g *gambler) author() *Author {
	a := &Author{Name: g.text(), Age: g.IntN(3), Level: g.IntN(3), Kind: kind(g.text()), Born: day{g.IntN(3)}, Address: Place{g.text()}, Diagnosis: g.text(), Remark: g.text()}
	if g.IntN(2) == 0 {
		a.Likes = []string{g.text()}
	}
	return a
}

func (g *gambler) rate() Rate {
	return Rate{[]string{"", "eu", "us"}[g.IntN(3)], g.IntN(3), g.maybe()}
}

// bet is a kind of statement. Names with "delete" may mark rows as deleted.
type bet struct {
	name string
	do   func(g *gambler, db *gorm.DB) error
}

var bets = []bet{
	{"create author", func(g *gambler, db *gorm.DB) error { return db.Create(g.author()).Error }},
	{"create authors", func(g *gambler, db *gorm.DB) error { return db.Create([]*Author{g.author(), g.author()}).Error }},
	{"create author with associations", func(g *gambler, db *gorm.DB) error {
		a := g.author()
		a.Agency, a.Books, a.Tags = &Agency{Name: g.text()}, []Book{{Title: g.text()}}, []Tag{{Name: g.text()}}
		return db.Create(a).Error
	}},
	{"create from map", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Book{}).Create(map[string]any{"title": g.text(), "price": g.maybe()}).Error
	}},
	{"create in table", func(g *gambler, db *gorm.DB) error {
		return db.Table("books_2025").Create(&Book{Title: g.text(), Price: g.maybe()}).Error
	}},
	{"create from maps in table", func(g *gambler, db *gorm.DB) error {
		return db.Table("books_2026").Create([]map[string]any{{"title": g.text()}, {"title": nil}}).Error
	}},
	{"create rates", func(g *gambler, db *gorm.DB) error { return db.Create(&[]Rate{g.rate(), g.rate()}).Error }},
	{"create hours", func(g *gambler, db *gorm.DB) error { return db.Create(&Hours{g.IntN(7), g.text()}).Error }},
	{"create marked", func(g *gambler, db *gorm.DB) error {
		return errors.Join(db.Create(&Seconds{}).Error, db.Create(&Millis{}).Error, db.Create(&Flagged{}).Error)
	}},
	{"create without key", func(g *gambler, db *gorm.DB) error {
		return errors.Join(db.Create(&Line{g.text()}).Error, db.Create(&Pairing{uint(1000 + g.statements), g.id()}).Error)
	}},
	{"create with hooks", func(g *gambler, db *gorm.DB) error { return db.Create(&Hooked{Name: g.text()}).Error }},
	{"upsert rates", func(g *gambler, db *gorm.DB) error {
		one, two := g.rate(), g.rate()
		two.Code += 3
		return db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]Rate{one, two}).Error
	}},
	{"upsert hours", func(g *gambler, db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&Hours{g.IntN(7), g.text()}).Error
	}},
	{"upsert tag by name", func(g *gambler, db *gorm.DB) error {
		on := clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.Assignments(map[string]any{"uses": gorm.Expr("tags.uses + 1")})}
		if g.IntN(2) == 0 {
			on.Where = clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "tags.uses < 3"}}}
		}
		return db.Clauses(on).Create(&[]Tag{{Name: g.text() + "1"}, {Name: g.text() + "2"}}).Error
	}},
	{"upsert tag by expression", func(g *gambler, db *gorm.DB) error {
		on := clause.OnConflict{Columns: []clause.Column{{Name: "(name)", Raw: true}}, DoUpdates: clause.AssignmentColumns([]string{"uses"})}
		return db.Clauses(on).Create(&Tag{Name: g.text(), Uses: g.IntN(4)}).Error
	}},
	{"upsert nothing", func(g *gambler, db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{DoNothing: true}).Create(&[]Tag{{Name: g.text()}, {Name: g.text()}}).Error
	}},
	{"save author", func(g *gambler, db *gorm.DB) error {
		a := g.author()
		a.ID = g.id()
		return db.Save(a).Error
	}},
	{"save rates", func(g *gambler, db *gorm.DB) error {
		one, two := g.rate(), g.rate()
		two.Code += 3
		return db.Save(&[]Rate{one, two}).Error
	}},
	{"first or create", func(g *gambler, db *gorm.DB) error {
		return db.Where(Tag{Name: g.text()}).Assign(Tag{Uses: g.IntN(3)}).FirstOrCreate(&Tag{}).Error
	}},
	{"update by struct", func(g *gambler, db *gorm.DB) error { return db.Model(&Author{ID: g.id()}).Updates(g.author()).Error }},
	{"update by map with NULLs", func(g *gambler, db *gorm.DB) error {
		values := map[string]any{}
		for _, column := range []string{"name", "age", "level", "kind", "born", "at_city", "likes", "diagnosis", "remark"} {
			if g.IntN(3) == 0 {
				values[column] = nil
			}
		}
		values["level"] = g.IntN(3)
		return db.Model(&Author{}).Where("id > ?", g.id()).Updates(values).Error
	}},
	{"update selected", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Author{ID: g.id()}).Select("Age", "Kind").Updates(g.author()).Error
	}},
	{"update by expression", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Book{}).Where("price IS NOT NULL").Update("price", gorm.Expr("price * ?", g.IntN(3))).Error
	}},
	{"update by sub-query", func(g *gambler, db *gorm.DB) error {
		return db.Table("authors").Where("id = ?", g.id()).Update("name", db.Model(&Agency{}).Select("max(name)")).Error
	}},
	{"update from", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Book{}).Clauses(clause.From{Tables: []clause.Table{{Name: "authors"}}}).Where("authors.id = books.author_id").Update("title", gorm.Expr("authors.name")).Error
	}},
	{"update table", func(g *gambler, db *gorm.DB) error {
		return db.Table("books_2025 AS b").Where("b.id < ?", g.id()).Updates(map[string]any{"price": g.maybe()}).Error
	}},
	{"update returning", func(g *gambler, db *gorm.DB) error {
		return db.Model(&[]Book{}).Clauses(clause.Returning{}).Where("id = ?", g.id()).Update("title", g.text()).Error
	}},
	{"update rate", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Rate{}).Where("region = ?", "").Update("amount", g.maybe()).Error
	}},
	{"update without key", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Pairing{}).Where("author_id = 1").Update("author_id", 1).Error
	}},
	{"update key", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Book{ID: g.id()}).Update("id", 5000+g.statements).Error
	}},
	{"update mark", func(g *gambler, db *gorm.DB) error {
		return db.Unscoped().Model(&Author{ID: g.id()}).Update("deleted_at", nil).Error
	}},
	{"append", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Author{ID: g.id()}).Association("Tags").Append(&Tag{ID: g.id(), Name: g.text()}, &Tag{Name: g.text()})
	}},
	{"replace", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Author{ID: g.id()}).Association("Books").Replace(&Book{ID: g.id(), Title: g.text()})
	}},
	{"clear", func(g *gambler, db *gorm.DB) error {
		return db.Model(&Author{ID: g.id()}).Association([]string{"Books", "Tags", "Agency"}[g.IntN(3)]).Clear()
	}},
	{"delete author", func(g *gambler, db *gorm.DB) error { return db.Delete(&Author{}, g.id()).Error }},
	{"delete author for good", func(g *gambler, db *gorm.DB) error { return db.Unscoped().Delete(&Author{}, g.id()).Error }},
	{"delete author and books", func(g *gambler, db *gorm.DB) error {
		return db.Select("Books", "Tags").Delete(&Author{ID: g.id()}).Error
	}},
	{"delete books", func(g *gambler, db *gorm.DB) error { return db.Where("price = ?", g.IntN(3)).Delete(&Book{}).Error }},
	{"delete in table", func(g *gambler, db *gorm.DB) error {
		return db.Table("books_2026").Where("id < ?", g.id()).Delete(nil).Error
	}},
	{"delete marked", func(g *gambler, db *gorm.DB) error {
		id := g.id()
		return errors.Join(db.Delete(&Seconds{}, id).Error, db.Delete(&Millis{}, id).Error, db.Delete(&Flagged{}, id).Error)
	}},
	{"delete without key", func(g *gambler, db *gorm.DB) error {
		return errors.Join(db.Where("text = ?", g.text()).Delete(&Line{}).Error, db.Where("book_id = ?", g.id()).Delete(&Pairing{}).Error)
	}},
	{"delete rates", func(g *gambler, db *gorm.DB) error { return db.Delete(&[]Rate{g.rate(), g.rate()}).Error }},
	{"delete hours", func(g *gambler, db *gorm.DB) error { return db.Where("weekday = ?", g.IntN(7)).Delete(&Hours{}).Error }},
}
