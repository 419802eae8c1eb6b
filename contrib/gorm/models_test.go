package auditgorm_test

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
	"gorm.io/plugin/soft_delete"
)

// Author is a model with all that GORM's documentation shows of models.
type Author struct {
	ID        uint
	Name      string
	Age       int // nullable
	Level     int `gorm:"default:1"`
	Kind      kind
	Born      day
	Address   Place    `gorm:"embedded;embeddedPrefix:at_"`
	Likes     []string `gorm:"serializer:json"`
	Diagnosis string   `gorm:"serializer:sealed"`
	Remark    string   `gorm:"serializer:sealed" audit:",plain"`
	AgencyID  *uint
	Agency    *Agency
	Profile   *Profile
	Books     []Book
	Tags      []Tag `gorm:"many2many:author_tags"`
	DeletedAt gorm.DeletedAt
}

type Place struct{ City string }

type Agency struct {
	ID   uint
	Name string
}

type Profile struct {
	ID       uint
	AuthorID *uint
	Bio      string
}

type Book struct {
	ID       uint
	AuthorID *uint
	Title    string
	Price    *int
}

type Tag struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
	Uses int
}

// Rate has a compound key, Hours one that may be zero.
type Rate struct {
	Region string `gorm:"primaryKey"`
	Code   int    `gorm:"primaryKey;autoIncrement:false"`
	Amount *int
}

type Hours struct {
	Weekday int `gorm:"primaryKey;autoIncrement:false"`
	Opens   string
}

// Seconds, Millis and Flagged are deleted softly in the ways of GORM's plugin.
type Seconds struct {
	ID        uint
	DeletedAt soft_delete.DeletedAt
}

type Millis struct {
	ID        uint
	DeletedAt soft_delete.DeletedAt `gorm:"softDelete:milli"`
}

type Flagged struct {
	ID      uint
	Removed soft_delete.DeletedAt `gorm:"softDelete:flag"`
}

// Pairing is a row of a join table without a key.
type Pairing struct{ AuthorID, BookID uint }

// Line has no key at all.
type Line struct{ Text string }

// Hooked changes other rows in its hooks.
type Hooked struct {
	ID   uint
	Name string
	Seen int
}

func (h *Hooked) BeforeCreate(*gorm.DB) error { h.Name += " (new)"; return nil }

func (h *Hooked) BeforeUpdate(tx *gorm.DB) error {
	tx.Statement.SetColumn("Seen", h.Seen+1)
	return nil
}

func (h *Hooked) AfterCreate(tx *gorm.DB) error { return tx.Create(&Agency{Name: h.Name}).Error }

// kind is an enumeration.
type kind string

// day is a type that stores itself.
type day struct{ number int }

func (d day) Value() (driver.Value, error) { return fmt.Sprintf("day %d", d.number), nil }

func (d *day) Scan(value any) error {
	_, err := fmt.Sscanf(fmt.Sprint(value), "day %d", &d.number)
	return err
}

func (day) GormDataType() string { return "text" }

// sealed stands for a serializer that encrypts.
type sealed struct{}

func (sealed) Scan(ctx context.Context, f *schema.Field, to reflect.Value, value any) error {
	plain, err := hex.DecodeString(fmt.Sprint(value))
	f.ReflectValueOf(ctx, to).SetString(string(plain))
	return err
}

func (sealed) Value(_ context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	return hex.EncodeToString([]byte(value.(string))), nil
}

func init() { schema.RegisterSerializer("sealed", sealed{}) }

// library makes the tables, and the rows that the tests begin with.
func library(db *gorm.DB) error {
	if err := db.AutoMigrate(
		&Agency{}, &Author{}, &Profile{}, &Book{}, &Tag{}, &Rate{}, &Hours{}, &Seconds{}, &Millis{}, &Flagged{}, &Pairing{}, &Line{}, &Hooked{},
	); err != nil {
		return err
	}
	for _, shard := range []string{"books_2025", "books_2026"} {
		if err := db.Table(shard).AutoMigrate(&Book{}); err != nil {
			return err
		}
	}
	return nil
}
