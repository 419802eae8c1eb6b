package auditgorm_test

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

var updateCases = []statementCase{
	{"Model(&author).Update(\"name\", …)", func(db *gorm.DB) error {
		return db.Model(ada()).Update("name", "Ada L.").Error
	}, []string{`update author 1: name "Ada"→"Ada L."`}},
	{"Model(&author).Update(\"age\", nil)", func(db *gorm.DB) error {
		return errors.Join(db.Model(ada()).Update("age", nil).Error, db.Model(ada()).Update("age", 0).Error)
	}, []string{"update author 1: age 36→null", "update author 1: age null→0"}},
	{"Model(&author).Updates(Author{…})", func(db *gorm.DB) error {
		return db.Model(ada()).Updates(Author{Name: "Ada L.", Address: Place{"London"}, Age: 0}).Error
	}, []string{`update author 1: name "Ada"→"Ada L." at_city ""→"London"`}},
	{"Model(&author).Updates(map[string]any{…})", func(db *gorm.DB) error {
		return db.Model(ada()).Updates(map[string]any{"Level": 9, "kind": kind("poet"), "born": day{3}, "likes": `["x"]`}).Error
	}, []string{`update author 1: level 3→9 kind ""→"poet" born "day 0"→"day 3" likes null→["x"]`}},
	{"Model(&author).Select(\"Age\").Updates(Author{…})", func(db *gorm.DB) error {
		return db.Model(ada()).Select("Age").Updates(Author{Name: "x"}).Error
	}, []string{"update author 1: age 36→0"}},
	{"Model(&author).Omit(\"Name\").Updates(…)", func(db *gorm.DB) error {
		return db.Model(ada()).Omit("Name").Updates(map[string]any{"name": "x", "level": 4}).Error
	}, []string{"update author 1: level 3→4"}},
	{"Model(&Author{}).Where(…).Update(…) on many rows", func(db *gorm.DB) error {
		return db.Model(&Author{}).Where("level < ?", 9).Update("level", 9).Error
	}, []string{"update author 1: level 3→9", "update author 2: level 1→9"}},
	{"Model(&book).Update(\"price\", gorm.Expr(…))", func(db *gorm.DB) error {
		return db.Model(&Book{ID: 1}).Update("price", gorm.Expr("price * ? + 1", 2)).Error
	}, []string{"update book 1: price 10→21"}},
	{"Model(&author).Update(\"name\", subQuery)", func(db *gorm.DB) error {
		return db.Model(ada()).Update("name", db.Model(&Agency{}).Select("name").Where("agencies.id = authors.agency_id")).Error
	}, []string{`update author 1: name "Ada"→"Orion"`}},
	{"Table(\"authors\").Where(…).Update(\"name\", subQuery)", func(db *gorm.DB) error {
		return db.Table("authors").Where("id = 1").Update("name", db.Table("agencies").Select("name").Where("agencies.id = authors.agency_id")).Error
	}, []string{`update author 1: name "Ada"→"Orion"`}},
	{"Table(\"authors AS a\").Where(…).Updates(map[string]any{…})", func(db *gorm.DB) error {
		return db.Table("authors AS a").Where("a.id = 1").Updates(map[string]any{"age": nil}).Error
	}, []string{"update author 1: age 36→null"}},
	{"Table(\"books_2025\").Where(…).Updates(map[string]any{…})", func(db *gorm.DB) error {
		if err := db.Table("books_2025").Create(map[string]any{"title": "x"}).Error; err != nil {
			return err
		}
		return db.Table("books_2025").Where("id = 1").Updates(map[string]any{"price": 3}).Error
	}, []string{"create books_2025 1", "update books_2025 1: price null→3"}},
	{"Clauses(clause.From{…}).Update(…) from another table", func(db *gorm.DB) error {
		return db.Model(&Author{}).Clauses(clause.From{Tables: []clause.Table{{Name: "agencies"}}}).
			Where("agencies.id = authors.agency_id").Update("name", gorm.Expr("agencies.name")).Error
	}, []string{`update author 1: name "Ada"→"Orion"`}},
	{"Model(&author).UpdateColumn(\"level\", …)", func(db *gorm.DB) error {
		return db.Model(ada()).UpdateColumn("level", 5).Error
	}, []string{"update author 1: level 3→5"}},
	{"Model(&author).UpdateColumns(Author{…})", func(db *gorm.DB) error {
		return db.Model(ada()).UpdateColumns(Author{Level: 5}).Error
	}, []string{"update author 1: level 3→5"}},
	{"Clauses(clause.Returning{}).Update(…)", func(db *gorm.DB) error {
		var changed []Book
		err := db.Model(&changed).Clauses(clause.Returning{}).Where("author_id = 1").Update("price", 4).Error
		if len(changed) != 2 || *changed[0].Price != 4 || changed[0].Title == "" {
			return errors.New("GORM did not get its rows")
		}
		return err
	}, []string{"update book 1: price 10→4", "update book 2: price null→4"}},
	{"Model(&hooked).Update(…) with hooks", func(db *gorm.DB) error {
		h := Hooked{Name: "h"}
		if err := db.Session(&gorm.Session{SkipHooks: true}).Create(&h).Error; err != nil {
			return err
		}
		return db.Model(&h).Update("name", "x").Error
	}, []string{"create hooked 1", `update hooked 1: name "h"→"x" seen 0→1`}},
	{"Model(&author).Update(…) to the value it has", func(db *gorm.DB) error {
		return db.Model(ada()).Update("name", "Ada").Error
	}, nil},
	{"Model(&Line{}).Where(…).Update(…) of one row without a key", func(db *gorm.DB) error {
		return db.Model(&Line{}).Where("text = ?", "first").Update("text", "last").Error
	}, []string{`update line row-de5f2cbf4c10a0d1: text "first"→"last"`}},
	{"Scopes(…).Update(…)", func(db *gorm.DB) error {
		cheap := func(db *gorm.DB) *gorm.DB { return db.Where("price < ?", 9) }
		return db.Model(&Book{}).Scopes(cheap).Update("price", 9).Error
	}, []string{"update book 3: price 7→9"}},
	{"Clauses(clause.Update{Modifier: \"OR REPLACE\"}).Update(…)", func(db *gorm.DB) error {
		return db.Model(&Tag{ID: 1}).Clauses(clause.Update{Modifier: "OR REPLACE"}).Update("name", "code").Error
	}, []string{"refused"}},
	{"Clauses(clause.Insert{Modifier: \"OR REPLACE\"}).Create(…)", func(db *gorm.DB) error {
		return db.Clauses(clause.Insert{Modifier: "OR REPLACE"}).Create(&Tag{Name: "code"}).Error
	}, []string{"refused"}},
}

var deleteCases = []statementCase{
	{"Delete(&book)", func(db *gorm.DB) error {
		return db.Delete(&Book{ID: 1}).Error
	}, []string{"destroy book 1"}},
	{"Delete(&Book{}, []int{1, 2})", func(db *gorm.DB) error {
		return db.Delete(&Book{}, []int{1, 2}).Error
	}, []string{"destroy book 1", "destroy book 2"}},
	{"Where(…).Delete(&Book{})", func(db *gorm.DB) error {
		return db.Where("price > ?", 8).Delete(&Book{}).Error
	}, []string{"destroy book 1"}},
	{"Clauses(clause.Returning{}).Delete(&books)", func(db *gorm.DB) error {
		var gone []Book
		err := db.Clauses(clause.Returning{}).Where("author_id = 2").Delete(&gone).Error
		if len(gone) != 1 || gone[0].Title != "Tools" {
			return errors.New("GORM did not get its rows")
		}
		return err
	}, []string{"destroy book 3"}},
	{"Table(\"books\").Where(…).Delete(nil)", func(db *gorm.DB) error {
		return db.Table("books").Where("id = 2").Delete(nil).Error
	}, []string{"destroy book 2"}},
	{"Delete(&author) with gorm.DeletedAt", func(db *gorm.DB) error {
		return db.Delete(ada()).Error
	}, []string{"destroy author 1"}},
	{"Unscoped().Delete(&author)", func(db *gorm.DB) error {
		return db.Unscoped().Delete(ada()).Error
	}, []string{"destroy author 1"}},
	{"Unscoped().Model(&author).Update(\"deleted_at\", nil)", func(db *gorm.DB) error {
		if err := db.Model(ada()).UpdateColumn("deleted_at", "2026-01-02 03:04:05").Error; err != nil {
			return err
		}
		return db.Unscoped().Model(ada()).Update("deleted_at", nil).Error
	}, []string{
		`update author 1: deleted_at null→"2026-01-02T03:04:05Z"`, `update author 1: deleted_at "2026-01-02T03:04:05Z"→null`,
	}},
	{"Delete(&seconds) with soft_delete.DeletedAt", func(db *gorm.DB) error {
		return db.Delete(&Seconds{ID: 1}).Error
	}, []string{"destroy seconds 1"}},
	{"Delete(&millis) with softDelete:milli", func(db *gorm.DB) error {
		return db.Delete(&Millis{ID: 1}).Error
	}, []string{"destroy millis 1"}},
	{"Delete(&flagged) with softDelete:flag", func(db *gorm.DB) error {
		return errors.Join(db.Delete(&Flagged{ID: 1}).Error, db.Delete(&Flagged{ID: 1}).Error)
	}, []string{"destroy flagged 1"}},
	{"Where(…).Delete(&Pairing{}) without a key", func(db *gorm.DB) error {
		return db.Where("author_id = 1").Delete(&Pairing{}).Error
	}, []string{"destroy pairing 1,2"}},
	{"Delete(&rate) with a composite key", func(db *gorm.DB) error {
		return db.Delete(&Rate{Region: "eu", Code: 1}).Error
	}, []string{"destroy rate eu,1"}},
	{"Select(\"Books\").Delete(&author)", func(db *gorm.DB) error {
		return db.Select("Books").Delete(ada()).Error
	}, []string{"destroy book 1", "destroy book 2", "destroy author 1"}},
}

var associationCases = []statementCase{
	{"Association(\"Books\").Append(&book)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Books").Append(&Book{Title: "x"})
	}, []string{"create book 4"}},
	{"Association(\"Books\").Append(&book) of another", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Books").Append(&Book{ID: 3})
	}, []string{"update book 3: author_id 2→1"}},
	{"Association(\"Books\").Replace(&book)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Books").Replace(&Book{ID: 1})
	}, []string{"update book 2: author_id 1→null"}},
	{"Association(\"Books\").Delete(&book)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Books").Delete(&Book{ID: 1})
	}, []string{"update book 1: author_id 1→null"}},
	{"Association(\"Books\").Clear()", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Books").Clear()
	}, []string{"update book 1: author_id 1→null", "update book 2: author_id 1→null"}},
	{"Association(\"Books\").Unscoped().Clear()", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Books").Unscoped().Clear()
	}, []string{"destroy book 1", "destroy book 2"}},
	{"Association(\"Profile\").Replace(&profile)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Profile").Replace(&Profile{Bio: "new"})
	}, []string{"create profile 2", "update profile 1: author_id 1→null"}},
	{"Association(\"Agency\").Append(&agency)", func(db *gorm.DB) error {
		return db.Model(&Author{ID: 2}).Association("Agency").Append(&Agency{Name: "Vega"})
	}, []string{"create agency 2", "update author 2: agency_id null→2"}},
	{"Association(\"Agency\").Clear()", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Agency").Clear()
	}, []string{"update author 1: agency_id 1→null"}},
	{"Association(\"Tags\").Append(&tag)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Tags").Append(&Tag{ID: 2}, &Tag{Name: "new"})
	}, []string{"create tag 3", "create author_tags 1,2", "create author_tags 1,3"}},
	{"Association(\"Tags\").Replace(&tag)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Tags").Replace(&Tag{ID: 2})
	}, []string{"create author_tags 1,2", "destroy author_tags 1,1"}},
	{"Association(\"Tags\").Delete(&tag)", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Tags").Delete(&Tag{ID: 1})
	}, []string{"destroy author_tags 1,1"}},
	{"Association(\"Tags\").Clear()", func(db *gorm.DB) error {
		return db.Model(ada()).Association("Tags").Clear()
	}, []string{"destroy author_tags 1,1"}},
	{"Session(&gorm.Session{FullSaveAssociations: true}).Updates(&author)", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{FullSaveAssociations: true}).Updates(&Author{ID: 1, Name: "Ada L.", Agency: &Agency{ID: 1, Name: "Orion!"}}).Error
	}, []string{`update agency 1: name "Orion"→"Orion!"`, `update author 1: name "Ada"→"Ada L."`}},
}

var sessionCases = []statementCase{
	{"gorm.G[Book](db).Create(ctx, &book)", func(db *gorm.DB) error {
		return gorm.G[Book](db).Create(db.Statement.Context, &Book{Title: "x"})
	}, []string{"create book 4"}},
	{"gorm.G[Book](db).Where(…).Update(ctx, \"price\", …)", func(db *gorm.DB) error {
		_, err := gorm.G[Book](db).Where("id = ?", 2).Update(db.Statement.Context, "price", 1)
		return err
	}, []string{"update book 2: price null→1"}},
	{"gorm.G[Book](db).Where(…).Delete(ctx)", func(db *gorm.DB) error {
		_, err := gorm.G[Book](db).Where("id = ?", 2).Delete(db.Statement.Context)
		return err
	}, []string{"destroy book 2"}},
	{"Transaction(…) that is rolled back", func(db *gorm.DB) error {
		return undone(db.Transaction(func(tx *gorm.DB) error {
			return errors.Join(tx.Delete(&Book{ID: 1}).Error, errUndone)
		}))
	}, nil},
	{"Transaction(…) within another, rolled back by itself", func(db *gorm.DB) error {
		return db.Transaction(func(tx *gorm.DB) error {
			err := undone(tx.Transaction(func(tx *gorm.DB) error {
				return errors.Join(tx.Delete(&Book{ID: 1}).Error, errUndone)
			}))
			return errors.Join(err, tx.Delete(&Book{ID: 2}).Error)
		})
	}, []string{"destroy book 2"}},
	{"SavePoint(…) and RollbackTo(…)", func(db *gorm.DB) error {
		tx := db.Begin()
		err := errors.Join(tx.Delete(&Book{ID: 1}).Error, tx.SavePoint("here").Error, tx.Delete(&Book{ID: 2}).Error, tx.RollbackTo("here").Error)
		return errors.Join(err, tx.Commit().Error)
	}, []string{"destroy book 1"}},
	{"Session(&gorm.Session{DryRun: true}).Create(&book)", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{DryRun: true}).Create(&Book{Title: "x"}).Error
	}, nil},
	{"Session(&gorm.Session{PrepareStmt: true}).Create(&book)", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{PrepareStmt: true}).Create(&Book{Title: "x"}).Error
	}, []string{"create book 4"}},
	{"Session(&gorm.Session{AllowGlobalUpdate: true}).Model(&Tag{}).Update(…)", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{AllowGlobalUpdate: true}).Model(&Tag{}).Update("uses", 1).Error
	}, []string{"update tag 1: uses 0→1", "update tag 2: uses 0→1"}},
	{"Exec(\"UPDATE books …\")", func(db *gorm.DB) error {
		return db.WithContext(context.WithoutCancel(db.Statement.Context)).Exec("UPDATE books SET price = 1").Error
	}, nil},
}

// undone takes the error off that a case rolls a transaction back with.
func undone(err error) error {
	if errors.Is(err, errUndone) {
		return nil
	}
	return err
}
