// Package audit is an audit log: it records who changed what, when and from
// where, in the same database transaction as the change itself, and reads it
// back through a filter. Package httpui is the page that shows it.
//
// A complete program:
//
//	package main
//
//	import (
//		"context"
//		"database/sql"
//		"fmt"
//		"log"
//
//		"github.com/auditkeep/audit"
//		"github.com/auditkeep/audit/sqlite"
//		_ "modernc.org/sqlite"
//	)
//
//	type APIKey struct {
//		ID           int
//		Name, Secret string
//	}
//
//	func main() {
//		ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
//		db, err := sql.Open("sqlite", "file:demo.db?_txlock=immediate&_pragma=busy_timeout(5000)")
//		if err != nil {
//			log.Fatal(err)
//		}
//		store := sqlite.New(db)
//		if err := store.Migrate(ctx); err != nil {
//			log.Fatal(err)
//		}
//		trail, err := audit.New(store, audit.Config{Org: "acme"})
//		if err != nil {
//			log.Fatal(err)
//		}
//		tx, err := db.BeginTx(ctx, nil)
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer tx.Rollback()
//		// … UPDATE api_keys …
//		before, after := APIKey{7, "ci", "s1"}, APIKey{7, "deploy", "s2"}
//		if err := trail.Record(ctx, store.Tx(tx), audit.Updated(before, after)); err != nil {
//			log.Fatal(err)
//		}
//		if err := tx.Commit(); err != nil {
//			log.Fatal(err)
//		}
//		for entry, err := range trail.All(ctx, audit.Filter{}, audit.Sort{}) {
//			if err != nil {
//				log.Fatal(err)
//			}
//			fmt.Println(entry.Action, entry.Object, entry.Changes.JSON(), entry.Actor.Email)
//		}
//	}
//
// # Recording
//
// [Created], [Updated] and [Destroyed] make events from the host's own records.
// [Log.Record] turns them into entries. A field is recorded under the name in its
// audit tag or db tag, else under its name in snake_case. Fields of nested structs
// and keys of maps and JSON get a path such as address.city. A list is one value.
// Tags are written as for encoding/json:
//
//	Name  string `audit:"title"`      // recorded as "title"
//	Cache string `audit:"-"`          // not recorded
//	Token string `audit:",plain"`     // recorded although it looks like a secret
//	Notes string `audit:",redact"`    // recorded as changed, its value never kept
//	Code  string `audit:",id"`        // the object's ID (default: the field "id")
//	State *State `audit:",immutable"` // never changed in place: both sides of an update may share it
//	OrderID int  `audit:",parent"`    // the ID of the object that this one belongs to, an "order"
//	POID  string `audit:",parent=purchase_order"` // the same, if the name does not say the type
//
// These fields are left out unless they are tagged: updated_at, lock_version and
// what [Config].Ignore names, structs with an ID (other records), and unexported
// fields. A struct that has only unexported fields, such as a type for money, is
// recorded as changed, but its value is not: give it a MarshalText.
//
// Values with names such as password or api_key are redacted, also in JSON that is
// held as [encoding/json.RawMessage] or []byte. A string is not searched for
// secrets, even if it contains JSON. Tag it if it may hold any.
//
// A value is recorded by the first of these methods that it has: MarshalJSON of
// [encoding/json.Marshaler], Value of [database/sql/driver.Valuer], MarshalText of
// [encoding.TextMarshaler]. Without them its kind decides. A map or list whose
// Valuer makes a text for the database (hstore, the arrays of lib/pq) is recorded
// by its keys or items. []byte is recorded as the JSON value that it holds, else as
// PostgreSQL shows bytea. Types of pgx without such methods are recorded as
// PostgreSQL shows them; docs/types.md lists some hundred types. NaN and the
// infinities are strings. A method that is promoted from an embedded field speaks
// for the whole struct, as in encoding/json. [Value] says what becomes of values
// that JSON cannot hold. Two values are equal if they are recorded alike, or if
// their type has a method Equal that says so.
//
// What people type never stops their change: a string that is too long is cut, and
// broken JSON is marked. Only keys are an error if they do not fit: organization,
// object type and action. See [Entry.Whole].
//
// # Parents
//
// An entry belongs to its object and to one parent, as an order line belongs to its
// order. [Log.History] and the page show an object's own entries and those of its
// parts. The field with the tag parent holds the parent's ID. Use
// [Event.WithParent] for records without tags (maps, JSON), and if a parent's ID
// is in several fields. It wins over the tag.
//
// The parent's type is the field's recorded name without "_id". Its ID is the
// field's value, written as objects' IDs are. A field names no parent if it is nil
// or NULL, or if it is zero and its type cannot be nil. The entry of an update has
// the parent that the record has after it, else the one before it. So the history
// of an order shows the lines that moved to it. The entry of a destroy has the last
// parent. The tag counts in the record and in structs that it embeds, once.
//
// # Organizations
//
// Every entry belongs to one organization (tenant), and every read is for one.
// It comes from [Log.In] or Filter.Org, else from the context ([WithOrg]), else
// from Config.Org. If none is given, the call returns [ErrNoOrg]; it never means
// "all".
//
// # Reading
//
// [Log.Page] and [Log.All] return entries through a [Filter], which is plain data
// and can be joined with the host's own tables ([Filter.Where]). [Log.History]
// streams one object's entries, [Log.StateAt] returns its state at a time, and
// [Log.Revert] returns what would undo an entry.
//
// # What to use first
//
//   - Package postgres or sqlite: where the log is kept.
//   - Package middleware: who asks and from where, for every HTTP request. Without
//     HTTP, use [WithActor], [WithOrg] and [WithRequest]. [Log.MarshalContext]
//     carries them to a job.
//   - Package httpui: the page. Package export: its files, without the page.
//   - Package retention: which entries expire, and holds.
//   - Package audittest: for a host's own tests.
//   - [Buffer]: for facts such as failed logins, while the database is away.
//   - The modules under contrib: GORM, ent, gin, Echo, gRPC.
//
// docs/stacks.md shows the code for each library, docs/recipes.md what hosts ask
// for next.
//
// # For writers of stores
//
// Only a store implements [Store], [Tx] and [FreshTx], and only a store needs
// [Walk], [FirstID], [Dialect.IDArg], [Entry.SortKey] and [Entry.SetSortKey].
// Package storetest tests a store. Adapters of other libraries use [Log.Prepare],
// [Log.Store], [Event.ID] and [RequestContextKey].
package audit

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/auditkeep/audit/internal/diff"
	"github.com/auditkeep/audit/internal/ignored"
	"github.com/auditkeep/audit/internal/stored"
)

// Log records changes in a store and reads them back. It is safe for
// concurrent use.
type Log struct {
	store  Store
	config Config
	engine *diff.Engine
	ids    *idGenerator
	scope  *string // the organization of In
}

// Config adjusts a Log. The zero Config is useful.
type Config struct {
	// Org is the organization of everything, for hosts that have only one.
	// Defaults to none: then every call must say which (see WithOrg).
	Org string
	// Actor returns who acts in a context where [WithActor] has not said so.
	// It is asked at Record. Defaults to nobody.
	Actor func(context.Context) Actor
	// RequireActor makes it an error, ErrNoActor, if nobody said who acts: neither
	// the context nor Actor. Defaults to false: such entries have an actor of the
	// kind ActorUnknown.
	RequireActor bool
	// Ignore names further top-level fields that are not recorded, beside the
	// built-in ones (updated_at, lock_version), unless they have an audit tag.
	// Defaults to none.
	Ignore []string
	// Record names fields that are recorded although they are ignored by default:
	// updated_at and lock_version, in maps and JSON too, which have no tags. Defaults to none.
	Record []string
	// Redact names further fields whose values are never kept, beside the
	// built-in ones (password, token, api_key …): a field is redacted if its
	// name, in snake_case, is one of them or ends in "_" and one of them. Case
	// and accents do not count, in any script. Defaults to none.
	Redact []string
	// RequireComment names object types (or "*" for all) whose changes must say
	// why: an event without a comment is an error. Defaults to none.
	RequireComment []string
	// Shared says what becomes of an update whose two sides share memory that a
	// program can write through. Defaults to SharedRefused, an error.
	Shared SharedPolicy
	// Limits bounds what one event may hold. Defaults as its fields say.
	Limits Limits
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// SharedPolicy says what becomes of an update whose two sides share memory that
// a program can write through. What was written there is on both sides, so a
// comparison would not see the change.
type SharedPolicy int

const (
	// SharedRefused makes it an error that wraps ErrShared and names the fields.
	SharedRefused SharedPolicy = iota
	// SharedMarked records the update, changed or not. Each shared field is a
	// change from a value of the kind Shared ("not compared") to the new value.
	SharedMarked
)

// New returns a Log that keeps its entries in the store. It does not touch the
// database.
func New(store Store, config Config) (*Log, error) {
	if store == nil {
		return nil, errors.New("audit: store is nil: give one of postgres.New, sqlite.New")
	}
	if problem := stored.Problem(config.Org, stored.Org); problem != "" {
		return nil, fmt.Errorf("audit: Config.Org %s: %s", stored.Quote(config.Org), problem)
	}
	var err error
	if config.Limits, err = config.Limits.withDefaults(); err != nil {
		return nil, err
	}
	if config.Shared != SharedRefused && config.Shared != SharedMarked {
		return nil, fmt.Errorf("audit: Config.Shared is %d: give SharedRefused or SharedMarked", config.Shared)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	for _, name := range config.Record {
		if slices.Contains(config.Ignore, name) {
			return nil, fmt.Errorf("audit: Config.Record and Config.Ignore both name %q: take it out of one", name)
		}
	}
	engine, err := diff.New(diff.Config{
		Redact: config.Redact, Ignore: ignored.With(config.Ignore, config.Record), Limits: diff.Limits(config.Limits),
		MarkShared: config.Shared == SharedMarked, Naming: naming,
	})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &Log{store: store, config: config, engine: engine, ids: &ids}, nil
}

// naming lets records that are [Auditable] name their object.
var naming = diff.Naming{
	By: reflect.TypeFor[Auditable](),
	Object: func(record any) (diff.Object, bool) {
		auditable, ok := record.(Auditable)
		if !ok {
			return diff.Object{}, false
		}
		return diff.Object(auditable.AuditObject()), true
	},
}

// Store returns the store that was given to [New], for packages that write
// entries by themselves.
func (l *Log) Store() Store { return l.store }
