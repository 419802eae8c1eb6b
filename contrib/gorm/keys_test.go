package auditgorm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/auditkeep/audit/internal/pgtest"
	auditpostgres "github.com/auditkeep/audit/postgres"
)

// keyTypes are types of primary keys, a value of each, and the ID it gives.
var keyTypes = []struct {
	typ   string
	value any
	id    string
}{
	{"bigint", 0, "0"},
	{"smallint", -3, "-3"},
	{"numeric(9,3)", "1.5", "1.5"},
	{"text", "a,b", "a,b"},
	{"varchar(40)", "É", "É"},
	{"char(4)", "eu", "eu"},
	{"uuid", "6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11", "6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11"},
	{"date", "2026-11-27", "2026-11-27"},
	{"timestamptz", time.Date(2026, 11, 27, 1, 2, 3, 4000, time.FixedZone("", 3600)), "2026-11-27T00:02:03.000004Z"},
	{"timestamp", "2026-11-27 01:02:03", "2026-11-27T01:02:03Z"},
	{"boolean", false, "false"},
	{"bytea", []byte{0, 255}, `\x00ff`},
	{"inet", "10.0.0.1/8", "10.0.0.1/8"},
	{"double precision", 0.5, "0.5"},
	{"interval", "1 day", "1 day"},
	{"mood", "sad", "sad"},
}

// A row is found again by its key, whatever the key's type.
func TestKeyTypes(t *testing.T) {
	t.Parallel()
	for _, simple := range []bool{false, true} {
		pool := pgtest.New(t)
		store := auditpostgres.New(pool)
		require.NoError(t, store.Migrate(t.Context()))
		db := open(t, postgres.New(postgres.Config{DSN: pool.Config().ConnString(), PreferSimpleProtocol: simple}), setup{})
		std, err := db.DB()
		require.NoError(t, err)
		t.Cleanup(func() { std.Close() })
		w := with(t, db, store, store.SQLTx, setup{}.options)
		require.NoError(t, w.Exec("CREATE TYPE mood AS ENUM ('sad', 'glad')").Error)
		for _, k := range keyTypes {
			require.NoError(t, w.Exec("DROP TABLE IF EXISTS keyed").Error)
			require.NoError(t, w.Exec("CREATE TABLE keyed (k "+k.typ+" PRIMARY KEY, note text)").Error)
			last := w.newest(t)
			require.NoError(t, w.Table("keyed").Create(map[string]any{"k": k.value, "note": "a"}).Error, k.typ)
			require.NoError(t, w.Table("keyed").Where("k = ?", k.value).Updates(map[string]any{"note": nil}).Error, k.typ)
			on := clause.OnConflict{Columns: []clause.Column{{Name: "k"}}, DoUpdates: clause.AssignmentColumns([]string{"note"})}
			require.NoError(t, w.Table("keyed").Clauses(on).Create(map[string]any{"k": k.value, "note": "b"}).Error, k.typ)
			require.NoError(t, w.Table("keyed").Where("k = ?", k.value).Delete(nil).Error, k.typ)
			assert.Equal(t, []string{
				"create keyed " + k.id + `: note="a"`, "update keyed " + k.id + `: note "a"→null`,
				"update keyed " + k.id + `: note null→"b"`, "destroy keyed " + k.id + `: note="b"`,
			}, w.after(t, last), k.typ)
		}
	}
}

// A table is known however its name is written.
func TestTableNames(t *testing.T) {
	t.Parallel()
	onEach(t, setup{options: setup{}.options}, func(t *testing.T, w world) {
		require.NoError(t, w.Exec(`CREATE TABLE "Odd Names" (id integer PRIMARY KEY, note text)`).Error)
		require.NoError(t, w.Exec(`CREATE TABLE "Upper" (id integer PRIMARY KEY, note text)`).Error)
		last := w.newest(t)
		require.NoError(t, w.Table("Upper").Create(map[string]any{"id": 1, "note": "a"}).Error)
		assert.Equal(t, []string{`create Upper 1: note="a"`}, w.after(t, last))
		for _, name := range []string{"Upper", `"Upper"`, `"Upper" AS u`, `"Upper" u`} {
			if w.Name() == "sqlite" && (name == `"Upper"` || name == `"Upper" u`) {
				continue // GORM quotes it again, and SQLite wants AS
			}
			last := w.newest(t)
			require.NoError(t, w.Table(name).Where("note = ?", "a").Updates(map[string]any{"note": "b"}).Error, name)
			require.NoError(t, w.Table(name).Where("note = ?", "b").Updates(map[string]any{"note": "a"}).Error, name)
			assert.Equal(t, []string{`update Upper 1: note "a"→"b"`, `update Upper 1: note "b"→"a"`}, w.after(t, last), name)
		}
		last = w.newest(t)
		require.NoError(t, w.Model(&spaced{}).Create(&spaced{ID: 1, Note: "a"}).Error)
		require.NoError(t, w.Delete(&spaced{ID: 1}).Error)
		assert.Equal(t, []string{`create spaced 1: note="a"`, `destroy spaced 1: note="a"`}, w.after(t, last))
	})
}

type spaced struct {
	ID   int `gorm:"primaryKey;autoIncrement:false"`
	Note string
}

func (spaced) TableName() string { return "Odd Names" }

// A key may be an empty text, and an object has an ID.
func TestEmptyKey(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		require.NoError(t, w.Exec("CREATE TABLE named (name text NOT NULL PRIMARY KEY, note text)").Error)
		require.NoError(t, w.Table("named").Create([]map[string]any{{"name": "", "note": "a"}, {"name": "x", "note": nil}}).Error)
		require.NoError(t, w.Table("named").Where("name = ''").Updates(map[string]any{"note": nil}).Error)
		require.NoError(t, w.Table("named").Where("name = ''").Delete(nil).Error)
		assert.Equal(t, []string{
			`create named "": name="" note="a"`, `create named x: note=null`,
			`update named "": note "a"→null`, `destroy named "": name="" note=null`,
		}, w.recorded(t))
	})
}

// SQLite distinguishes rows by their number, unless the table has none, or has
// a column of that name.
func TestNumbersOfSQLite(t *testing.T) {
	t.Parallel()
	w := onSQLite(t, setup{})
	for _, ddl := range []string{
		"CREATE TABLE numbered (name text, n int, note text, PRIMARY KEY (name, n)) WITHOUT ROWID",
		"CREATE TABLE numbered (name text, n int, note text, PRIMARY KEY (name, n)) STRICT",
		"CREATE TABLE numbered (name text, n int, note text, _rowid_ text, oid text, PRIMARY KEY (name, n))",
		"CREATE TEMP TABLE numbered (name text, n int, note text, PRIMARY KEY (name, n))",
	} {
		require.NoError(t, w.Exec("DROP TABLE IF EXISTS numbered").Error)
		require.NoError(t, w.Transaction(func(tx *gorm.DB) error { // a temporary table is its connection's
			require.NoError(t, tx.Exec(ddl).Error, ddl)
			require.NoError(t, tx.Table("numbered").Create([]map[string]any{{"name": "a", "n": 0}, {"name": "b", "n": 1}}).Error, ddl)
			on := clause.OnConflict{Columns: []clause.Column{{Name: "name"}, {Name: "n"}}, DoUpdates: clause.AssignmentColumns([]string{"note"})}
			require.NoError(t, tx.Table("numbered").Clauses(on).Create([]map[string]any{{"name": "a", "n": 0, "note": "x"}, {"name": "c", "n": 2, "note": "y"}}).Error, ddl)
			require.ErrorContains(t, tx.Table("numbered").Where("name = ?", "a").Updates(map[string]any{"name": "z"}).Error, "a change of the key cannot be followed")
			require.NoError(t, tx.Table("numbered").Where("n > 0").Updates(map[string]any{"note": "z"}).Error, ddl)
			require.NoError(t, tx.Table("numbered").Where("n > 0").Delete(nil).Error, ddl)
			require.NoError(t, tx.Exec("DROP TABLE numbered").Error)
			return nil
		}))
	}
	var want []string
	for range 4 {
		want = append(
			want, "create numbered a,0", "create numbered b,1", `update numbered a,0: note null→"x"`, "create numbered c,2",
			`update numbered b,1: note null→"z"`, `update numbered c,2: note "y"→"z"`, "destroy numbered b,1", "destroy numbered c,2",
		)
	}
	assert.ElementsMatch(t, want, brief(w.recorded(t)))
}

// Many rows without a key are distinguished by the columns that stay as they
// are.
func TestUpdateOfManyWithoutKey(t *testing.T) {
	t.Parallel()
	w := onPostgres(t, setup{})
	require.NoError(t, w.Exec("CREATE TABLE loose (name text, n integer, note text)").Error)
	require.NoError(t, w.Table("loose").Create([]map[string]any{{"name": "a", "n": 1}, {"name": "b", "n": 2}, {"name": "b", "n": 2, "note": "x"}}).Error)
	last := w.newest(t)
	changes := func() (all []string) {
		for _, line := range w.after(t, last) {
			_, change, _ := strings.Cut(line, ": ")
			all = append(all, change)
		}
		last = w.newest(t)
		return all
	}
	require.NoError(t, w.Table("loose").Where("n > 0").Updates(map[string]any{"note": "y"}).Error)
	assert.ElementsMatch(t, []string{`note null→"y"`, `note null→"y"`, `note "x"→"y"`}, changes())
	require.NoError(t, w.Table("loose").Where("name = 'a'").Update("n", gorm.Expr("n + 1")).Error)
	assert.Equal(t, []string{"n 1→2"}, changes())
	require.ErrorContains(t, w.Table("loose").Where("n > 0").Update("n", gorm.Expr("n + 1")).Error, "of 2 rows that are alike")
	require.NoError(t, w.Table("loose").Where("n > 0").Delete(nil).Error)
	assert.Len(t, w.after(t, last), 3)
}
