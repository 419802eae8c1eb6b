package auditgorm_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// statementCase is one line of the table in the package's documentation, and
// what is recorded of one such statement on the rows of shelve.
type statementCase struct {
	doc  string
	do   func(db *gorm.DB) error
	want []string // creates and destroys without their fields
}

// shelve is what the tables hold before each case.
func shelve(t *testing.T, db *gorm.DB) {
	t.Helper()
	tables := []string{"author_tags", "books", "profiles", "authors", "agencies", "tags", "rates", "hours", "seconds", "millis", "flaggeds", "pairings", "lines", "hookeds", "books_2025", "books_2026"}
	if db.Name() == "postgres" {
		require.NoError(t, db.Exec("TRUNCATE "+strings.Join(tables, ", ")+" RESTART IDENTITY").Error)
	} else {
		for _, table := range tables {
			require.NoError(t, db.Exec("DELETE FROM "+table).Error)
		}
		require.NoError(t, db.Exec("DELETE FROM sqlite_sequence").Error)
	}
	for _, rows := range []any{
		&Agency{Name: "Orion"},
		&[]Author{{Name: "Ada", Age: 36, Level: 3, AgencyID: ptr(uint(1))}, {Name: "Bob", Level: 1}},
		&Profile{AuthorID: ptr(uint(1)), Bio: "a bio"},
		&[]Book{{AuthorID: ptr(uint(1)), Title: "Notes", Price: ptr(10)}, {AuthorID: ptr(uint(1)), Title: "Engine"}, {AuthorID: ptr(uint(2)), Title: "Tools", Price: ptr(7)}},
		&[]Tag{{Name: "math"}, {Name: "code"}},
		&[]Rate{{Region: "eu", Code: 1, Amount: ptr(5)}, {Region: "us", Code: 2}},
		&Seconds{}, &Millis{}, &Flagged{}, &Pairing{1, 2}, &Line{"first"},
	} {
		require.NoError(t, db.Create(rows).Error)
	}
	require.NoError(t, db.Model(&Author{ID: 1}).Association("Tags").Append(&Tag{ID: 1}))
}

var errUndone = errors.New("undone")

// ada is the author that most cases are about.
func ada() *Author { return &Author{ID: 1} }

func TestStatements(t *testing.T) {
	t.Parallel()
	onEach(t, setup{config: gorm.Config{DisableForeignKeyConstraintWhenMigrating: true}}, func(t *testing.T, w world) {
		require.NoError(t, library(w.DB))
		for _, c := range statementCases {
			shelve(t, w.DB)
			last := w.newest(t)
			err := c.do(w.DB)
			if slices.Equal(c.want, []string{"refused"}) {
				require.ErrorContains(t, err, "auditgorm: the statement on", c.doc)
				assert.Empty(t, w.after(t, last), c.doc)
				continue
			}
			require.NoError(t, err, c.doc)
			assert.Equal(t, c.want, brief(w.after(t, last)), c.doc)
		}
	})
}

// brief leaves the fields of creates and destroys out.
func brief(lines []string) (short []string) {
	for _, line := range lines {
		if !strings.HasPrefix(line, "update ") {
			line, _, _ = strings.Cut(line, ":")
		}
		short = append(short, line)
	}
	return short
}

// The documentation's table and the cases say the same, line by line.
func TestDocumentedStatements(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var documented []string
	for _, line := range regexp.MustCompile(`(?m)^//\t(\S.*?) +→ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, line[1]+" → "+line[2])
	}
	var held []string
	for _, c := range statementCases {
		held = append(held, c.doc+" → "+summary(c.want))
	}
	assert.Equal(t, held, documented)
}

// summary has what a reader of the table learns: each action and type, once.
func summary(lines []string) string {
	var words []string
	for _, line := range lines {
		word := line
		if parts := strings.Fields(line); len(parts) > 1 {
			word = parts[0] + " " + parts[1]
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

var statementCases = slices.Concat(createCases, updateCases, deleteCases, associationCases, sessionCases)

var createCases = []statementCase{
	{"Create(&author)", func(db *gorm.DB) error {
		return db.Create(&Author{Name: "Eve"}).Error
	}, []string{"create author 3"}},
	{"Create(&authors)", func(db *gorm.DB) error {
		return db.Create(&[]*Author{{Name: "Eve"}, {Name: "Max"}}).Error
	}, []string{"create author 3", "create author 4"}},
	{"CreateInBatches(&books, 2)", func(db *gorm.DB) error {
		return db.CreateInBatches([]Book{{Title: "a"}, {Title: "b"}, {Title: "c"}}, 2).Error
	}, []string{"create book 4", "create book 5", "create book 6"}},
	{"Session(&gorm.Session{CreateBatchSize: 1}).Create(&books)", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{CreateBatchSize: 1}).Create([]Book{{Title: "a"}, {Title: "b"}}).Error
	}, []string{"create book 4", "create book 5"}},
	{"Create(&author) with its associations", func(db *gorm.DB) error {
		return db.Create(&Author{Name: "Eve", Agency: &Agency{Name: "Vega"}, Books: []Book{{Title: "x"}}, Tags: []Tag{{ID: 2, Name: "code"}}}).Error
	}, []string{"create agency 2", "create author 3", "create book 4", "create author_tags 3,2"}},
	{"Create(&author) with embedded structs, serializers and own types", func(db *gorm.DB) error {
		return db.Create(&Author{Address: Place{"Bern"}, Likes: []string{"x"}, Diagnosis: "flu", Kind: "poet", Born: day{1}}).Error
	}, []string{"create author 3"}},
	{"Omit(clause.Associations).Create(&author)", func(db *gorm.DB) error {
		return db.Omit(clause.Associations).Create(&Author{Name: "Eve", Books: []Book{{Title: "x"}}}).Error
	}, []string{"create author 3"}},
	{"Select(\"Name\").Create(&author)", func(db *gorm.DB) error {
		return db.Select("Name").Create(&Author{Name: "Eve", Age: 7}).Error
	}, []string{"create author 3"}},
	{"Model(&Author{}).Create(map[string]any{…})", func(db *gorm.DB) error {
		return db.Model(&Author{}).Create(map[string]any{"Name": "Eve", "Age": gorm.Expr("? + 1", 6)}).Error
	}, []string{"create author 3"}},
	{"Model(&Author{}).Create(&[]map[string]any{…})", func(db *gorm.DB) error {
		return db.Model(&Author{}).Create(&[]map[string]any{{"Name": "Eve"}, {"Name": "Max"}}).Error
	}, []string{"create author 3", "create author 4"}},
	{"Table(\"books\").Create(map[string]any{…})", func(db *gorm.DB) error {
		return db.Table("books").Create(map[string]any{"title": "x"}).Error
	}, []string{"create book 4"}},
	{"Table(\"books\").Create(&[]map[string]any{…})", func(db *gorm.DB) error {
		return db.Table("books").Create(&[]map[string]any{{"title": "x"}, {"title": "y"}}).Error
	}, []string{"create book 4", "create book 5"}},
	{"Table(\"books_2025\").Create(&book)", func(db *gorm.DB) error {
		if err := db.Table("books_2025").Create(&Book{Title: "x"}).Error; err != nil {
			return err
		}
		return db.Table("books_2026").Create(&Book{Title: "y"}).Error
	}, []string{"create books_2025 1", "create books_2026 1"}},
	{"Create(&hours) with a key of zero", func(db *gorm.DB) error {
		return db.Create(&[]Hours{{0, "10"}, {1, "9"}}).Error
	}, []string{"create hours 0", "create hours 1"}},
	{"Create(&rate) with a composite key", func(db *gorm.DB) error {
		return db.Create(&Rate{Region: "", Code: 0}).Error
	}, []string{"create rate ,0"}},
	{"Create(&pairing) in a join table without a key", func(db *gorm.DB) error {
		return db.Create(&Pairing{2, 3}).Error
	}, []string{"create pairing 2,3"}},
	{"Create(&line) in a table without a key", func(db *gorm.DB) error {
		return db.Create(&Line{"second"}).Error
	}, []string{"create line row-38e452b56a63d9b5"}},
	{"Create(&hooked) with hooks", func(db *gorm.DB) error {
		return db.Create(&Hooked{Name: "h"}).Error
	}, []string{"create hooked 1", "create agency 2"}},
	{"Session(&gorm.Session{SkipHooks: true}).Create(&hooked)", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{SkipHooks: true}).Create(&Hooked{Name: "h"}).Error
	}, []string{"create hooked 1"}},
	{"Clauses(clause.Returning{}).Create(&author)", func(db *gorm.DB) error {
		return db.Clauses(clause.Returning{}).Create(&Author{Name: "Eve"}).Error
	}, []string{"create author 3"}},
	{"Clauses(clause.OnConflict{DoNothing: true}).Create(&tags)", func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{DoNothing: true}).Create(&[]Tag{{Name: "math"}}).Error
	}, nil},
	{"Clauses(clause.OnConflict{Columns, DoUpdates}).Create(&tag)", func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "name"}},
			DoUpdates: clause.Assignments(map[string]any{"uses": gorm.Expr("tags.uses + 1")}),
		}).Create(&Tag{Name: "math"}).Error
	}, []string{"update tag 1: uses 0→1"}},
	{"Clauses(clause.OnConflict{Columns, DoUpdates, Where}).Create(&tag)", func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "name"}},
			DoUpdates: clause.AssignmentColumns([]string{"uses"}),
			Where:     clause.Where{Exprs: []clause.Expression{clause.Gt{Column: "tags.uses", Value: 5}}},
		}).Create(&Tag{Name: "math", Uses: 1}).Error
	}, nil},
	{"Clauses(clause.OnConflict{UpdateAll: true}).Create(&rates)", func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&[]Rate{{"eu", 1, nil}, {"eu", 2, ptr(0)}}).Error
	}, []string{"update rate eu,1: amount 5→null", "create rate eu,2"}},
	{"Clauses(clause.OnConflict{…}) that assigns to the key", func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.Assignments(map[string]any{"id": 9}),
		}).Create(&Tag{Name: "math"}).Error
	}, []string{"refused"}},
	{"Save(&author) with a key", func(db *gorm.DB) error {
		a := ada()
		if err := db.First(a).Error; err != nil {
			return err
		}
		a.Age = 0
		return db.Save(a).Error
	}, []string{"update author 1: age 36→0"}},
	{"Save(&rate) that is new", func(db *gorm.DB) error {
		return db.Save(&Rate{Region: "uk", Code: 3}).Error
	}, []string{"create rate uk,3"}},
	{"Save(&rates)", func(db *gorm.DB) error {
		return db.Save(&[]Rate{{"us", 2, ptr(0)}, {"uk", 3, nil}}).Error
	}, []string{"update rate us,2: amount null→0", "create rate uk,3"}},
	{"FirstOrCreate(&tag, Tag{…}) that is new", func(db *gorm.DB) error {
		return db.FirstOrCreate(&Tag{}, Tag{Name: "new"}).Error
	}, []string{"create tag 3"}},
	{"Where(…).Assign(Tag{…}).FirstOrCreate(&tag) that is there", func(db *gorm.DB) error {
		return db.Where(Tag{Name: "math"}).Assign(Tag{Uses: 4}).FirstOrCreate(&Tag{}).Error
	}, []string{"update tag 1: uses 0→4"}},
	{"FirstOrInit(&tag, Tag{…})", func(db *gorm.DB) error {
		return db.FirstOrInit(&Tag{}, Tag{Name: "new"}).Error
	}, nil},
}
