package typestest

import (
	"database/sql"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/datatypes"
	driver "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	"github.com/auditkeep/audit/postgres"
)

// Product has the types that people use with GORM.
type Product struct {
	ID       int64
	Tags     pq.StringArray `gorm:"type:text[]"`
	Sizes    pq.Int64Array  `gorm:"type:bigint[]"`
	Attrs    datatypes.JSON
	More     datatypes.JSONMap
	Kind     datatypes.JSONType[map[string]string]
	Parts    datatypes.JSONSlice[string]
	Day      datatypes.Date
	Opens    datatypes.Time
	Price    decimal.Decimal     `gorm:"type:numeric"`
	Discount decimal.NullDecimal `gorm:"type:numeric"`
	Trace    uuid.UUID           `gorm:"type:uuid"`
	Batch    gofrs.UUID          `gorm:"type:uuid"`
	Took     time.Duration
	State    Status
	Labels   pgtype.Hstore   `gorm:"type:hstore"`
	Window   pgtype.Interval `gorm:"type:interval"`
	Spot     pgtype.Point    `gorm:"type:point"`
	Rating   pgtype.Numeric  `gorm:"type:numeric"`
	Note     pgtype.Text     `gorm:"type:text"`
	Sold     pgtype.Timestamptz
	Blob     []byte
	Nick     sql.NullString
	Count    sql.NullInt64
	Ratio    sql.NullFloat64
	Active   sql.NullBool
	Seen     sql.NullTime
	Level    sql.Null[int32] `gorm:"type:int"`
	Alias    *string
	Stock    *int
	At       time.Time
}

// What GORM's plugin records of a row is what a trigger does.
func TestGORM(t *testing.T) {
	t.Parallel()
	pool := database(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	log, err := audit.New(store, audit.Config{Org: audit.PlatformOrg})
	require.NoError(t, err)
	for _, statement := range []string{"REVOKE CREATE ON SCHEMA public FROM PUBLIC", "CREATE EXTENSION hstore"} {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	sqlDB := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { _ = sqlDB.Close() })
	db, err := gorm.Open(driver.New(driver.Config{Conn: sqlDB}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	require.NoError(t, db.AutoMigrate(&Product{}))
	require.NoError(t, postgres.NewAdmin(pool).Watch(t.Context(), postgres.WatchTable{Name: "products", Type: "product"}))
	plugin, err := auditgorm.New(log, store.SQLTx, auditgorm.Options{})
	require.NoError(t, err)
	require.NoError(t, db.Use(plugin))

	full := Product{
		ID: 1, Tags: pq.StringArray{"x", "y z"}, Sizes: pq.Int64Array{}, Attrs: datatypes.JSON(`{"password":"canary","a":[1]}`),
		More: datatypes.JSONMap{"api_key": secret, "b": 1}, Kind: datatypes.NewJSONType(map[string]string{"token": secret}),
		Parts: datatypes.NewJSONSlice([]string{"p"}), Day: datatypes.Date(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)), Opens: datatypes.NewTime(4, 5, 6, 0),
		Price: decimal.RequireFromString("12.50"), Trace: uuid.New(), Batch: gofrs.Must(gofrs.NewV4()), Took: time.Minute, State: 3,
		Labels: pgtype.Hstore{"password": &secret, "a": nil}, Window: pgtype.Interval{Months: 14, Microseconds: 1, Valid: true},
		Spot: pgtype.Point{P: pgtype.Vec2{X: 1, Y: 2}, Valid: true}, Rating: numeric(t, "4.50"), Note: pgtype.Text{String: "x", Valid: true},
		Sold: pgtype.Timestamptz{Time: noon, Valid: true}, Blob: []byte{0xde, 0xad}, Nick: sql.NullString{String: "", Valid: true},
		Count: sql.NullInt64{Int64: 0, Valid: true}, Ratio: sql.NullFloat64{Float64: 0.5, Valid: true}, Active: sql.NullBool{Bool: false, Valid: true},
		Seen: sql.NullTime{Time: noon, Valid: true}, Level: sql.Null[int32]{V: 3, Valid: true}, Alias: pointer(""), Stock: pointer(0), At: noon,
	}
	require.NoError(t, db.WithContext(t.Context()).Create(&full).Error)
	require.NoError(t, db.WithContext(t.Context()).Create(&Product{ID: 2}).Error)
	require.NoError(t, db.WithContext(t.Context()).Model(&full).Updates(map[string]any{
		"tags": pq.StringArray{}, "sizes": pq.Int64Array{7}, "attrs": datatypes.JSON(`5`), "price": decimal.New(2, 0), "state": 4,
		"labels": pgtype.Hstore{"password": &secret, "a": pointer("b")}, "note": nil, "took": time.Second,
		"nick": nil, "count": sql.NullInt64{}, "ratio": 1.5, "active": true, "seen": nil, "level": nil, "alias": nil, "stock": nil, "blob": []byte{1}, "at": noon.Add(time.Hour),
	}).Error)
	require.NoError(t, db.WithContext(t.Context()).Delete(&full).Error)

	byPlugin, byTrigger := map[string]audit.Changes{}, map[string]audit.Changes{}
	for e, err := range log.All(t.Context(), audit.Filter{ObjectTypes: []string{"product"}}, audit.Sort{}) {
		require.NoError(t, err)
		of := byPlugin
		if e.Source == audit.SourceTrigger {
			of = byTrigger
		}
		of[string(e.Action)+" "+e.Object.ID] = e.Changes
		assert.NotContains(t, e.Changes.JSON(), secret)
	}
	require.Len(t, byTrigger, 4)
	for entry, want := range byTrigger {
		assert.ElementsMatch(t, want, byPlugin[entry], entry)
	}
}
