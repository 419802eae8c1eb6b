package auditgorm_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/glebarez/sqlite"
	"github.com/stretchr/testify/require"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	"github.com/auditkeep/audit/internal/pgtest"
	auditpostgres "github.com/auditkeep/audit/postgres"
	auditsqlite "github.com/auditkeep/audit/sqlite"
)

// world is a database with a log and the plugin.
type world struct {
	*gorm.DB
	log *audit.Log
}

// setup adjusts a world before it is made.
type setup struct {
	config  gorm.Config
	options auditgorm.Options
}

// onEach runs a test on SQLite and on PostgreSQL.
func onEach(t *testing.T, s setup, test func(t *testing.T, w world)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, onSQLite(t, s))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, onPostgres(t, s))
	})
}

func onSQLite(t *testing.T, s setup) world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	db := open(t, sqlite.Open("file:"+file+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"), s)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { pool.Close() })
	store := auditsqlite.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	return with(t, db, store, store.Tx, s.options)
}

func onPostgres(t *testing.T, s setup) world {
	t.Helper()
	pool := pgtest.New(t)
	store := auditpostgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	db := open(t, postgres.Open(pool.Config().ConnString()), s)
	gormsPool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { gormsPool.Close() })
	return with(t, db, store, store.SQLTx, s.options)
}

func open(t *testing.T, dialector gorm.Dialector, s setup) *gorm.DB {
	t.Helper()
	config := s.config
	config.Logger = logger.Default.LogMode(logger.Silent)
	db, err := gorm.Open(dialector, &config)
	require.NoError(t, err)
	require.NoError(t, db.AutoMigrate(&Team{}, &Member{}, &Skill{}, &Setting{}, &Odd{}, &Unrecordable{}, &Careless{}))
	return db
}

func with[T any](t *testing.T, db *gorm.DB, store audit.Store, tx func(T) audit.Tx, o auditgorm.Options) world {
	t.Helper()
	log, err := audit.New(store, audit.Config{})
	require.NoError(t, err)
	plugin, err := auditgorm.New(log, tx, o)
	require.NoError(t, err)
	require.NoError(t, db.Use(plugin))
	ctx := audit.WithOrg(t.Context(), "acme")
	ctx = audit.WithActor(ctx, audit.Actor{Email: "dana@acme.test"})
	return world{db.WithContext(ctx), log}
}

// recorded returns the entries, the oldest first, each as
// "create member 1: name="Ada" …".
func (w world) recorded(t *testing.T) []string {
	t.Helper()
	return w.after(t, audit.ID{})
}

// newest returns the newest entry's ID.
func (w world) newest(t *testing.T) (newest audit.ID) {
	t.Helper()
	for e, err := range w.log.All(context.Background(), audit.Filter{Org: "acme"}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}) {
		require.NoError(t, err)
		return e.ID
	}
	return newest
}

// after returns the entries after the one with an ID.
func (w world) after(t *testing.T, id audit.ID) []string {
	t.Helper()
	var lines []string
	for e, err := range w.log.All(context.Background(), audit.Filter{Org: "acme"}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}) {
		require.NoError(t, err)
		if e.ID == id {
			break
		}
		require.Equal(t, "dana@acme.test", e.Actor.Email)
		lines = append(lines, lineOf(e))
	}
	slices.Reverse(lines)
	return lines
}

func lineOf(e audit.Entry) string {
	line := string(e.Action) + " " + e.Object.String() + ":"
	for _, c := range e.Changes {
		switch {
		case c.Field == "created_at":
		case e.Action == audit.ActionUpdate:
			line += " " + c.Field + " " + c.Old.JSON() + "→" + c.New.JSON()
		case e.Action == audit.ActionCreate:
			line += " " + c.Field + "=" + c.New.JSON()
		default:
			line += " " + c.Field + "=" + c.Old.JSON()
		}
	}
	return line
}

// since returns the entries after the first n.
func (w world) since(t *testing.T, n int) []string {
	t.Helper()
	all := w.recorded(t)
	require.GreaterOrEqual(t, len(all), n)
	return all[n:]
}

// Team, Member, Skill and Setting are a host's models.
type Team struct {
	ID      uint
	Name    string
	Members []Member
}

type Member struct {
	gorm.Model
	TeamID   *uint
	Team     *Team
	Name     string
	Email    *string `gorm:"uniqueIndex"`
	Logins   int     `gorm:"default:3"`
	Password string  `gorm:"->:false;<-"`
	Home     Address `gorm:"embedded;embeddedPrefix:home_"`
	Skills   []Skill `gorm:"many2many:member_skills"`
	Note     string  `gorm:"-"`
}

type Address struct {
	City string
	Code string `audit:"-"`
}

type Skill struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
}

// Setting has a compound key and what GORM puts into one column.
type Setting struct {
	Scope string            `gorm:"primaryKey"`
	Key   string            `gorm:"primaryKey"`
	Value map[string]string `gorm:"serializer:json"`
	Until *time.Time
	Count int `gorm:"->;-:migration"`
}

// Odd names itself.
type Odd struct {
	Number int    `gorm:"primaryKey;autoIncrement:false"`
	Text   string `gorm:"column:words" audit:"text,redact"`
}

func (o Odd) AuditObject() audit.Object {
	return audit.Object{Type: "oddity", ID: "no-" + string(rune('0'+o.Number))}
}

func ptr[T any](v T) *T { return &v }
