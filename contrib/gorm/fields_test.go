package auditgorm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
)

// An entry holds what the columns hold, NULL too, whatever the model's types.
func TestImagesHoldWhatColumnsHold(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		require.NoError(t, library(w.DB))
		last := w.newest(t)
		require.NoError(t, w.Create(&Author{Name: "Ada", Likes: []string{"x"}, Diagnosis: "flu", Remark: "tall"}).Error)
		assert.Equal(t, []string{`create author 1: name="Ada" age=0 level=1 kind="" born="day 0" at_city="" likes=["x"] ` +
			`diagnosis={"$audit":"redacted"} remark="tall" agency_id=null deleted_at=null`}, w.after(t, last))
		last = w.newest(t)

		empty := map[string]any{"name": nil, "age": nil, "kind": nil, "born": nil, "at_city": nil, "likes": nil, "diagnosis": nil, "remark": nil}
		require.NoError(t, w.Model(&Author{}).Where("id = 1").Updates(empty).Error)
		assert.Equal(t, []string{`update author 1: name "Ada"→null age 0→null kind ""→null born "day 0"→null at_city ""→null likes ["x"]→null ` +
			`diagnosis {"$audit":"redacted"}→{"$audit":"redacted"} remark "tall"→null`}, w.after(t, last))
		last = w.newest(t)

		zero := map[string]any{"name": "", "age": 0, "kind": "", "born": day{}, "at_city": ""}
		require.NoError(t, w.Model(&Author{}).Where("id = 1").Updates(zero).Error)
		assert.Equal(t, []string{`update author 1: name null→"" age null→0 kind null→"" born null→"day 0" at_city null→""`}, w.after(t, last))
		last = w.newest(t)

		// Another ciphertext is a change, and what it means is not shown.
		require.NoError(t, w.Model(&Author{ID: 1}).Updates(Author{Diagnosis: "cold", Remark: "small"}).Error)
		assert.Equal(t, []string{`update author 1: diagnosis {"$audit":"redacted"}→{"$audit":"redacted"} remark null→"small"`}, w.after(t, last))
		last = w.newest(t)

		// A column that the model lacks, and a value that its field does not take.
		require.NoError(t, w.Exec("ALTER TABLE books ADD COLUMN shelf text").Error)
		require.NoError(t, w.Create(&Book{Title: "Notes"}).Error)
		require.NoError(t, w.Model(&Book{ID: 1}).Updates(map[string]any{"shelf": "b2"}).Error)
		assert.Equal(t, []string{`create book 1: author_id=null title="Notes" price=null shelf=null`, `update book 1: shelf null→"b2"`}, w.after(t, last))
		last = w.newest(t)
		require.NoError(t, w.Model(&Author{ID: 1}).Update("born", gorm.Expr("?", "a Monday")).Error)
		assert.Equal(t, []string{`update author 1: born "day 0"→"a Monday"`}, w.after(t, last))
	})
}

// lower is a type that reads all texts alike.
type lower string

func (l *lower) Scan(value any) error {
	*l = lower(strings.ToLower(fmt.Sprint(value)))
	return nil
}

func (lower) GormDataType() string { return "text" }

type Sign struct {
	ID   uint
	Text lower
	Note string
}

// A column's change is recorded although the model's type does not show it.
func TestChangeThatTheModelHides(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		require.NoError(t, w.AutoMigrate(&Sign{}))
		require.NoError(t, w.Create(&Sign{Text: "Stop"}).Error)
		require.NoError(t, w.Model(&Sign{ID: 1}).Update("note", "x").Error)
		require.NoError(t, w.Model(&Sign{ID: 1}).Update("text", "STOP").Error)
		require.NoError(t, w.Model(&Sign{ID: 1}).Update("text", "go").Error)
		assert.Equal(t, []string{
			`create sign 1: text="stop" note=""`, `update sign 1: note ""→"x"`,
			`update sign 1: text "Stop"→"STOP"`, `update sign 1: text "stop"→"go"`,
		}, w.recorded(t))
	})
}

// Vault is known to the plugin from its options only.
type Vault struct {
	ID    uint
	Code  string `audit:"combination,redact"`
	Guard string `audit:"-"`
	Door  string
}

// A statement without a model keeps the secrets that the table's model names.
func TestStatementsWithoutModel(t *testing.T) {
	t.Parallel()
	onEach(t, setup{options: auditgorm.Options{Models: []any{&Vault{}}}}, func(t *testing.T, w world) {
		require.NoError(t, w.Exec("CREATE TABLE vaults (id integer PRIMARY KEY, code text, guard text, door text)").Error)
		require.NoError(t, w.Exec("CREATE TABLE things (region text, n integer, on_day date, data "+map[string]string{"sqlite": "json", "postgres": "jsonb"}[w.Name()]+
			", amount numeric(8,2), api_key text, note text, PRIMARY KEY (n, region))").Error)
		require.NoError(t, w.Table("vaults").Create(map[string]any{"id": 7, "code": "1-2-3", "guard": "Eve", "door": "left"}).Error)
		require.NoError(t, w.Table("vaults").Where("id = ?", 7).Updates(map[string]any{"code": "3-2-1", "guard": "Max", "door": nil}).Error)
		require.NoError(t, w.Table("things").Create(map[string]any{
			"region": "eu", "n": 0, "on_day": "2026-11-27", "data": `{"a": 1, "token": "x"}`, "amount": 12.5, "api_key": "sk-1",
		}).Error)
		require.NoError(t, w.Table("things").Where("n = 0").Updates(map[string]any{"data": `{"a": 2, "token": "y"}`, "note": ""}).Error)
		require.NoError(t, w.Table("things").Where("n = 0").Delete(nil).Error)
		assert.Equal(t, []string{
			`create vault 7: combination={"$audit":"redacted"} door="left"`,
			`update vault 7: combination {"$audit":"redacted"}→{"$audit":"redacted"} door "left"→null`,
			`create things eu,0: on_day="2026-11-27" data.a=1 data.token={"$audit":"redacted"} amount=12.5 api_key={"$audit":"redacted"} note=null`,
			`update things eu,0: data.a 1→2 data.token {"$audit":"redacted"}→{"$audit":"redacted"} note null→""`,
			`destroy things eu,0: on_day="2026-11-27" data.a=2 data.token={"$audit":"redacted"} amount=12.5 api_key={"$audit":"redacted"} note=""`,
		}, w.recorded(t))
	})
}

// Rows of two tables are never one object, and Skip and Only mean the table
// that the statement names.
func TestOtherTables(t *testing.T) {
	t.Parallel()
	onEach(t, setup{options: auditgorm.Options{Skip: []string{"odds_scratch"}}}, func(t *testing.T, w world) {
		for _, name := range []string{"odds_2025", "odds_scratch"} {
			require.NoError(t, w.Table(name).AutoMigrate(&Odd{}))
			require.NoError(t, w.Table(name).Create(&Odd{Number: 1, Text: "x"}).Error)
		}
		require.NoError(t, w.Create(&Odd{Number: 1, Text: "x"}).Error)
		require.NoError(t, w.Table("odds_scratch").Where("number = 1").Delete(&Odd{}).Error)
		require.NoError(t, w.Table("odds").Where("number = 1").Delete(&Odd{}).Error)
		assert.Equal(t, []string{"create odds_2025 no-1", "create oddity no-1", "destroy oddity no-1"}, brief(w.recorded(t)))
		if w.Name() != "postgres" {
			return
		}
		last := w.newest(t)
		var schema string
		require.NoError(t, w.Raw("SELECT current_schema()").Scan(&schema).Error)
		require.NoError(t, w.Exec("CREATE SCHEMA "+schema+"_billing").Error)
		t.Cleanup(func() {
			w.DB.WithContext(audit.WithOrg(t.Context(), "acme")).Exec("DROP SCHEMA " + schema + "_billing CASCADE")
		})
		require.NoError(t, w.Exec("CREATE TABLE "+schema+"_billing.teams (id bigserial PRIMARY KEY, name text)").Error)
		require.NoError(t, w.Table(schema+"_billing.teams").Create(&Team{Name: "theirs"}).Error)
		require.NoError(t, w.Table(schema+".teams").Create(&Team{Name: "ours"}).Error)
		assert.Equal(t, []string{"create " + schema + "_billing.teams 1", "create team 1"}, brief(w.after(t, last)))
	})
}
