package auditgorm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	auditgorm "github.com/auditkeep/audit/contrib/gorm"
)

// Parcel is kept in one table for each year.
type Parcel struct {
	ID   uint
	Code string `audit:",redact"`
	Note string
}

// A statement without a model keeps the secrets that the model names, also in
// the tables that a host splits the model's rows into.
func TestStatementsOnShardsWithoutModel(t *testing.T) {
	t.Parallel()
	change := func(t *testing.T, w world, table string) {
		t.Helper()
		require.NoError(t, w.Table(table).Where("id = 1").Updates(map[string]any{"code": "2", "note": "b"}).Error)
		require.NoError(t, w.Table(table).Where("id = 1").Delete(nil).Error)
	}
	changes := func(object string) []string {
		return []string{
			"update " + object + `: code {"$audit":"redacted"}→{"$audit":"redacted"} note "a"→"b"`,
			"destroy " + object + `: code={"$audit":"redacted"} note="b"`,
		}
	}
	t.Run("that a statement with the model has changed", func(t *testing.T) {
		onEach(t, setup{}, func(t *testing.T, w world) {
			require.NoError(t, w.Table("sent").AutoMigrate(&Parcel{}))
			require.NoError(t, w.Table("sent").Create(&Parcel{Code: "1", Note: "a"}).Error)
			change(t, w, "sent")
			assert.Equal(t, changes("sent 1"), w.since(t, 1))
		})
	})
	t.Run("whose name begins with that of the model's table", func(t *testing.T) {
		onEach(t, setup{options: auditgorm.Options{Models: []any{&Parcel{}}}}, func(t *testing.T, w world) {
			require.NoError(t, w.Table("parcels_2026").AutoMigrate(&Parcel{}))
			require.NoError(t, w.Exec("INSERT INTO parcels_2026 (id, code, note) VALUES (1, '1', 'a')").Error)
			change(t, w, "parcels_2026")
			assert.Equal(t, changes("parcels_2026 1"), w.recorded(t))
		})
	})
	t.Run("but not in a table with other columns", func(t *testing.T) {
		onEach(t, setup{options: auditgorm.Options{Models: []any{&Parcel{}}}}, func(t *testing.T, w world) {
			require.NoError(t, w.Exec("CREATE TABLE parcels_stock (id integer PRIMARY KEY, code text)").Error)
			require.NoError(t, w.Table("parcels_stock").Create(map[string]any{"id": 1, "code": "box"}).Error)
			assert.Equal(t, []string{`create parcels_stock 1: code="box"`}, w.recorded(t))
		})
	})
}

// The model's table is known however a statement without a model writes its name.
func TestOtherNamesOfAModelsTable(t *testing.T) {
	t.Parallel()
	onEach(t, setup{options: auditgorm.Options{Models: []any{&Parcel{}}, Only: []string{"parcels"}}}, func(t *testing.T, w world) {
		require.NoError(t, w.AutoMigrate(&Parcel{}))
		names := []string{"main.parcels", "Parcels", "PARCELS AS p", "main.PARCELS"}
		if w.Name() == "postgres" {
			var schema string
			require.NoError(t, w.Raw("SELECT current_schema()").Scan(&schema).Error)
			names = []string{schema + ".parcels", schema + ".parcels AS p"}
		}
		for _, name := range names {
			last := w.newest(t)
			require.NoError(t, w.Exec("INSERT INTO parcels (id, code, note) VALUES (1, '1', 'a')").Error)
			require.NoError(t, w.Table(name).Where("note = 'a'").Updates(map[string]any{"code": "2", "note": "b"}).Error, name)
			require.NoError(t, w.Table(name).Where("note = 'b'").Delete(nil).Error, name)
			assert.Equal(t, []string{
				`update parcel 1: code {"$audit":"redacted"}→{"$audit":"redacted"} note "a"→"b"`,
				`destroy parcel 1: code={"$audit":"redacted"} note="b"`,
			}, w.after(t, last), name)
		}
	})
}
