package auditgorm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Mailbox is a row whose stored values may differ from the given ones.
type Mailbox struct {
	ID      uint
	Address string
	Box     string `gorm:"default:inbox"`
	Folded  string `gorm:"->"` // generated: lower(address)
	Quota   float64
	Hits    int
}

const mailboxes = `CREATE TABLE mailboxes (id %ID%, address %TEXT% UNIQUE, box varchar(20) NOT NULL DEFAULT 'inbox', quota numeric(6,2),
		hits integer NOT NULL DEFAULT 0, folded text GENERATED ALWAYS AS (lower(address)) STORED)`

func mailbox(t *testing.T, w world, more ...string) {
	t.Helper()
	id, text := "bigserial PRIMARY KEY", "text"
	if w.Name() == "sqlite" {
		id, text = "integer PRIMARY KEY AUTOINCREMENT", "text COLLATE NOCASE"
	} else {
		require.NoError(t, w.Exec(`CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`).Error)
		text = "text COLLATE anycase"
	}
	ddl := strings.NewReplacer("%ID%", id, "%TEXT%", text).Replace(mailboxes)
	for _, statement := range append([]string{"DROP TABLE IF EXISTS mailboxes", ddl}, more...) {
		require.NoError(t, w.Exec(statement).Error, statement)
	}
}

// An upsert updates the row that the database says it meets, also if what is
// stored there differs from what is given.
func TestUpsertMeetsWhatIsStored(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		hit := clause.Assignments(map[string]any{"hits": gorm.Expr("mailboxes.hits + 1")})
		on := func(columns ...clause.Column) clause.OnConflict {
			return clause.OnConflict{Columns: columns, DoUpdates: hit}
		}
		mailbox(
			t, w, "CREATE UNIQUE INDEX by_fold ON mailboxes (folded)", "CREATE UNIQUE INDEX by_box ON mailboxes (box, quota)",
			"CREATE UNIQUE INDEX by_expression ON mailboxes ((upper(address)))",
		)
		last := w.newest(t)
		check := func(want ...string) {
			t.Helper()
			assert.Equal(t, want, brief(w.after(t, last)))
			last = w.newest(t)
		}
		require.NoError(t, w.Create(&Mailbox{Address: "Dana@acme.test", Quota: 1.25}).Error)
		check("create mailbox 1")
		require.NoError(t, w.Clauses(on(clause.Column{Name: "address"})).Create(&Mailbox{Address: "DANA@acme.test", Box: "b", Quota: 2}).Error)
		check("update mailbox 1: hits 0→1")
		require.NoError(t, w.Clauses(on(clause.Column{Name: "folded"})).Create(&Mailbox{Address: "dana@ACME.test", Box: "b", Quota: 2}).Error)
		check("update mailbox 1: hits 1→2")
		require.NoError(t, w.Clauses(on(clause.Column{Name: "upper(address)", Raw: true})).Create(&Mailbox{Address: "dana@ACME.test", Box: "b", Quota: 2}).Error)
		check("update mailbox 1: hits 2→3")
		require.NoError(t, w.Clauses(on(clause.Column{Name: "box"}, clause.Column{Name: "quota"})).Create(&Mailbox{Address: "x", Quota: 1.25}).Error)
		check("update mailbox 1: hits 3→4")
		require.NoError(t, w.Clauses(on(clause.Column{Name: "folded"})).Create(&[]Mailbox{{Address: "New", Box: "c"}, {Address: "dana@ACME.test", Box: "d"}}).Error)
		all := w.after(t, last)
		require.Len(t, all, 2, "%v", all)
		assert.Equal(t, []string{"update mailbox 1: hits 4→5"}, filter(all, "update"))
		assert.Contains(t, filter(all, "create")[0], `address="New"`)
		last = w.newest(t)

		// The same without a model.
		require.NoError(t, w.Table("mailboxes").Clauses(on(clause.Column{Name: "folded"})).Create(map[string]any{"address": "NEW", "box": "e"}).Error)
		all = w.after(t, last)
		require.Len(t, all, 1)
		assert.Regexp(t, `^update mailbox \d+: hits 0→1$`, all[0])

		var rows int64
		require.NoError(t, w.Model(&Mailbox{}).Count(&rows).Error)
		assert.EqualValues(t, 2, rows)
	})
}

// On PostgreSQL the clause may name a constraint, a trigger may change what is
// inserted, and a type may round it.
func TestUpsertOfPostgreSQL(t *testing.T) {
	t.Parallel()
	w := onPostgres(t, setup{})
	mailbox(t, w, "ALTER TABLE mailboxes ADD CONSTRAINT by_box UNIQUE (box, quota)")
	hit := clause.Assignments(map[string]any{"hits": gorm.Expr("mailboxes.hits + 1")})
	require.NoError(t, w.Create(&Mailbox{Address: "dana@acme.test", Quota: 1.25}).Error)
	last := w.newest(t)
	require.NoError(t, w.Clauses(clause.OnConflict{OnConstraint: "by_box", DoUpdates: hit}).Create(&Mailbox{Address: "x", Quota: 1.25}).Error)
	rounded := clause.OnConflict{Columns: []clause.Column{{Name: "box"}, {Name: "quota"}}, DoUpdates: hit}
	require.NoError(t, w.Clauses(rounded).Create(&Mailbox{Address: "x", Box: "inbox", Quota: 1.2545}).Error)
	require.NoError(t, w.Exec(`CREATE FUNCTION trim_address() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.address := trim(NEW.address); RETURN NEW; END $$`).Error)
	require.NoError(t, w.Exec(`CREATE TRIGGER t BEFORE INSERT ON mailboxes FOR EACH ROW EXECUTE FUNCTION trim_address()`).Error)
	byAddress := clause.OnConflict{Columns: []clause.Column{{Name: "address"}}, DoUpdates: hit}
	require.NoError(t, w.Clauses(byAddress).Create(&Mailbox{Address: "  dana@acme.test ", Quota: 9}).Error)
	require.NoError(t, w.Clauses(byAddress).Create(&Mailbox{Address: " new ", Quota: 9}).Error)
	all := w.after(t, last)
	require.Len(t, all, 4)
	assert.Equal(t, []string{"update mailbox 1: hits 0→1", "update mailbox 1: hits 1→2", "update mailbox 1: hits 2→3"}, all[:3])
	assert.Contains(t, all[3], `address="new"`)
}

// The database's own errors stay what GORM makes of them, and a transaction goes
// on after them as it does without the plugin.
func TestErrorsOfTheDatabase(t *testing.T) {
	t.Parallel()
	onEach(t, setup{config: gorm.Config{TranslateError: true}}, func(t *testing.T, w world) {
		mailbox(t, w)
		require.NoError(t, w.Create(&Mailbox{Address: "a"}).Error)
		last := w.newest(t)
		onFold := clause.OnConflict{Columns: []clause.Column{{Name: "(id)", Raw: true}}, UpdateAll: true}
		require.NoError(t, w.Transaction(func(tx *gorm.DB) error {
			for name, work := range map[string]func(tx *gorm.DB) error{
				"create": func(tx *gorm.DB) error { return tx.Create(&Mailbox{Address: "A"}).Error },
				"upsert": func(tx *gorm.DB) error { return tx.Clauses(onFold).Create(&Mailbox{ID: 9, Address: "A"}).Error },
				"update": func(tx *gorm.DB) error {
					if err := tx.Create(&Mailbox{Address: "b"}).Error; err != nil {
						return err
					}
					return tx.Model(&Mailbox{}).Where("address = ?", "b").Update("address", "a").Error
				},
			} {
				require.ErrorIs(t, tx.Transaction(work), gorm.ErrDuplicatedKey, name)
			}
			return tx.Model(&Mailbox{}).Where("address = ?", "a").Update("hits", 1).Error
		}))
		assert.Equal(t, []string{"update mailbox 1: hits 0→1"}, w.after(t, last))
	})
}

// What SQLite does instead of an error is followed, or refused.
func TestModifiersOfSQLite(t *testing.T) {
	t.Parallel()
	w := onSQLite(t, setup{})
	require.NoError(t, w.Create(&Skill{Name: "a"}).Error)
	last := w.newest(t)
	require.NoError(t, w.Clauses(clause.Insert{Modifier: "OR IGNORE"}).Create(&[]Skill{{Name: "a"}, {Name: "b"}}).Error)
	var b Skill
	require.NoError(t, w.First(&b, "name = ?", "b").Error)
	assert.Equal(t, []string{fmt.Sprintf(`create skill %d: name="b"`, b.ID)}, w.after(t, last))
	last = w.newest(t)

	require.NoError(t, w.Exec("CREATE TABLE slots (id integer PRIMARY KEY, name text UNIQUE ON CONFLICT REPLACE)").Error)
	require.ErrorContains(t, w.Table("slots").Create(map[string]any{"name": "a"}).Error, "ON CONFLICT REPLACE")
	for _, modifier := range []string{"OR REPLACE", "or fail", "OR ROLLBACK"} {
		err := w.Clauses(clause.Insert{Modifier: modifier}).Create(&Skill{Name: "a"}).Error
		require.ErrorContains(t, err, "removes rows or stops half-way")
	}
	assert.Empty(t, w.after(t, last))
}
