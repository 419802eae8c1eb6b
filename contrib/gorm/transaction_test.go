package auditgorm_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	"github.com/auditkeep/audit/sqlite"
)

// Whatever transactions a host uses, a change and its entry exist together or
// not at all.
func TestTransactions(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]gorm.Config{
		"default":                   {},
		"no default transaction":    {SkipDefaultTransaction: true},
		"prepared statements":       {PrepareStmt: true},
		"prepared and none default": {PrepareStmt: true, SkipDefaultTransaction: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, setup{config: config}, func(t *testing.T, w world) {
				check := func(teams int, entries int) {
					t.Helper()
					var n int64
					require.NoError(t, w.Model(&Team{}).Count(&n).Error)
					assert.EqualValues(t, teams, n)
					assert.Len(t, w.recorded(t), entries)
				}
				require.NoError(t, w.Create(&Team{Name: "a"}).Error)
				check(1, 1)
				lost := errors.New("lost")
				require.ErrorIs(t, w.Transaction(func(tx *gorm.DB) error {
					require.NoError(t, tx.Create(&Team{Name: "b"}).Error)
					return lost
				}), lost)
				check(1, 1)
				require.NoError(t, w.Transaction(func(tx *gorm.DB) error {
					require.NoError(t, tx.Model(&Team{}).Where("id = 1").Update("name", "c").Error)
					require.ErrorIs(t, tx.Transaction(func(inner *gorm.DB) error {
						require.NoError(t, inner.Create(&Team{Name: "d"}).Error)
						return lost
					}), lost)
					return tx.Create(&Team{Name: "e"}).Error
				}))
				check(2, 3)

				// What the log refuses is not changed, and neither is anything
				// else, whether the host looks at the error or not.
				tooLong := w.WithContext(audit.WithOrg(w.Statement.Context, strings.Repeat("x", 400)))
				require.ErrorIs(t, tooLong.Create(&Team{Name: "f"}).Error, audit.ErrInvalidEvent)
				require.ErrorIs(t, w.Create(&Unrecordable{Text: "x"}).Error, audit.ErrInvalidEvent)
				check(2, 3)
				require.Error(t, w.Transaction(func(tx *gorm.DB) error {
					require.NoError(t, tx.Create(&Team{Name: "g"}).Error)
					require.ErrorIs(t, tx.Create(&Unrecordable{Text: "x"}).Error, audit.ErrInvalidEvent)
					return nil // overlooked
				}))
				check(2, 3)
				require.ErrorIs(t, w.Create(&Careless{}).Error, audit.ErrInvalidEvent, "a hook that overlooks it")
				check(2, 3)
				require.NoError(t, w.Create(&Team{Name: "h"}).Error, "the connection is usable")
				check(3, 4)
			})
		})
	}
}

// Unrecordable cannot be recorded after it was stored: its type is too long.
type Unrecordable struct {
	ID   string `gorm:"primaryKey"`
	Text string
}

func (u *Unrecordable) BeforeCreate(*gorm.DB) error {
	u.ID = "x"
	return nil
}

func (u *Unrecordable) AuditObject() audit.Object {
	return audit.Object{Type: strings.Repeat("x", 300), ID: u.ID}
}

type Careless struct{ ID uint }

func (*Careless) AfterCreate(tx *gorm.DB) error {
	_ = tx.Session(&gorm.Session{NewDB: true}).Create(&Unrecordable{}).Error
	return nil
}

// What cannot be followed fails, and changes nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	onEach(t, setup{options: auditgorm.Options{MaxRows: 2, Skip: []string{"odds"}}}, func(t *testing.T, w world) {
		require.NoError(t, w.Create([]Team{{Name: "a"}, {Name: "b"}}).Error)
		require.NoError(t, w.Create(&Team{Name: "c"}).Error)
		require.NoError(t, w.Create(&Odd{Number: 5}).Error, "skipped")
		require.NoError(t, w.Table("odds").Where("number = 5").Update("words", "x").Error, "skipped")

		everywhere := w.Session(&gorm.Session{AllowGlobalUpdate: true})
		for want, err := range map[string]error{
			`the statement on "teams" cannot be recorded: it changes more than 2 rows`: everywhere.Model(&Team{}).Update("name", "x").Error,
			`it changes more than 2 rows, the limit of Options.MaxRows`:                everywhere.Delete(&Team{}).Error,
			`it creates 3 rows, the limit of Options.MaxRows is 2`:                     w.Create(make([]Team, 3)).Error,
			`a change of the key cannot be followed`:                                   w.Model(&Team{}).Where("id = 1").Update("id", 9).Error,
			`no organization`:                                                          w.WithContext(context.Background()).Create(&Team{}).Error,
			`it is raw SQL, which cannot be followed`:                                  rawCreate(w),
		} {
			assert.ErrorContains(t, err, want)
			assert.ErrorContains(t, err, "auditgorm: ")
		}
		var names []string
		require.NoError(t, w.Model(&Team{}).Order("id").Limit(3).Pluck("name", &names).Error)
		assert.Equal(t, []string{"a", "b", "c"}, names)

		statement := w.Session(&gorm.Session{DryRun: true}).Model(&Team{}).Where("id = 1").Update("name", "dry").Statement
		assert.Contains(t, statement.SQL.String(), "UPDATE")
	})
}

func rawCreate(w world) error {
	tx := w.Session(&gorm.Session{})
	tx = tx.Model(&Team{})
	tx.Statement.SQL.WriteString("INSERT INTO teams (name) VALUES ('raw')")
	return tx.Create(&Team{}).Error
}

func TestOnly(t *testing.T) {
	t.Parallel()
	w := onSQLite(t, setup{options: auditgorm.Options{Only: []string{"skills"}}})
	require.NoError(t, w.Create(&Team{}).Error)
	require.NoError(t, w.Create(&Skill{Name: "a"}).Error)
	require.NoError(t, w.Table("teams").Where("id = 1").Updates(map[string]any{"name": "x"}).Error)
	assert.Equal(t, []string{`create skill 1: name="a"`}, w.recorded(t))
}

// Concurrent updates of one row are recorded one after the other, without a gap.
func TestConcurrentUpdates(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		require.NoError(t, w.Create(&Member{Name: "Ada"}).Error)
		var group sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			group.Go(func() {
				for range 5 {
					errs[i] = errors.Join(errs[i], w.Model(&Member{}).Where("name = ?", "Ada").Update("logins", gorm.Expr("logins + 1")).Error)
				}
			})
		}
		group.Wait()
		require.NoError(t, errors.Join(errs...))
		var state audit.State
		for e, err := range w.log.All(t.Context(), audit.Filter{Org: "acme"}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
			require.NoError(t, err)
			state.Apply(e)
		}
		assert.Equal(t, "23", state.Get("logins").Text())
		assert.Empty(t, state.Unrecorded)
	})
}

func TestNew(t *testing.T) {
	t.Parallel()
	store := sqlite.New(nil)
	log, err := audit.New(store, audit.Config{})
	require.NoError(t, err)
	_, err = auditgorm.New(nil, store.Tx, auditgorm.Options{})
	require.ErrorContains(t, err, "the log is nil")
	_, err = auditgorm.New(log, store.Tx, auditgorm.Options{MaxRows: -1})
	require.ErrorContains(t, err, "Options.MaxRows is -1")
	_, err = auditgorm.New[pgx.Tx](log, nil, auditgorm.Options{})
	require.ErrorContains(t, err, "no function for transactions")
	_, err = auditgorm.New(log, func(pgx.Tx) audit.Tx { return nil }, auditgorm.Options{})
	require.ErrorContains(t, err, "takes a pgx.Tx, but GORM's are of database/sql")
}
