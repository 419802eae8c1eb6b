package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// APIKey is a record of the host in the examples.
type APIKey struct {
	ID     int
	Name   string
	Scopes []string
	Secret string
}

// exampleLog returns a log in memory whose clock moves on by a minute with each
// entry, and a context in which Dana acts. A host has a store of package
// postgres or sqlite instead, and gets its Tx from its own transaction.
func exampleLog() (context.Context, *audit.Log, *audittest.Store) {
	store := audittest.NewStore()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	trail, err := audit.New(store, audit.Config{Org: "acme", Now: func() time.Time {
		now = now.Add(time.Minute)
		return now
	}})
	must(err)
	return audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"}), trail, store
}

// recordLife records the life of one API key, in four calls.
func recordLife(ctx context.Context, trail *audit.Log, store *audittest.Store) {
	ci, deploy := APIKey{ID: 7, Name: "ci"}, APIKey{ID: 7, Name: "deploy"}
	must(trail.Record(ctx, store.Tx(), audit.Created(ci)))
	must(trail.Record(ctx, store.Tx(), audit.Updated(ci, deploy)))
	must(trail.Record(ctx, store.Tx(), audit.Performed("rotate", audit.Object{Type: "api_key", ID: "7"})))
	must(trail.Record(ctx, store.Tx(), audit.Destroyed(deploy)))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func printEntry(entry audit.Entry) {
	fmt.Println(entry.OccurredAt.Format("15:04"), entry.Action, entry.Object, entry.Actor.Email)
	for _, change := range entry.Changes {
		fmt.Println("  ", change.Field, change.Old.JSON(), "->", change.New.JSON())
	}
}

// In a handler, Record stands after the statement that changes the record, and
// takes the same transaction.
func ExampleLog_Record() {
	ctx, trail, store := exampleLog()

	before := APIKey{ID: 7, Name: "ci", Secret: "s1"}
	after := before
	after.Name, after.Secret = "deploy", "s2"
	must(trail.Record(ctx, store.Tx(), audit.Updated(before, after)))

	for entry, err := range trail.All(ctx, audit.Filter{}, audit.Sort{}) {
		must(err)
		printEntry(entry)
	}
	// Output:
	// 09:01 update api_key 7 dana@acme.test
	//    name "ci" -> "deploy"
	//    secret {"$audit":"redacted"} -> {"$audit":"redacted"}
}

// A create has only new values. A comment says why.
func ExampleCreated() {
	ctx, trail, store := exampleLog()
	key := APIKey{ID: 8, Name: "billing", Scopes: []string{"read"}}
	must(trail.Record(ctx, store.Tx(), audit.Created(key).WithComment("for the quarterly export")))

	page, err := trail.Page(ctx, audit.Query{})
	must(err)
	fmt.Println(page.Entries[0].Comment)
	fmt.Println(page.Entries[0].Changes.JSON())
	// Output:
	// for the quarterly export
	// [{"field":"name","new":"billing"},{"field":"scopes","new":["read"]},{"field":"secret","new":{"$audit":"redacted"}}]
}

// Maps and JSON do not say which object they are: WithObject does. An update
// without a change records nothing.
func ExampleUpdated() {
	ctx, trail, store := exampleLog()
	account := audit.Object{Type: "account", ID: "42"}
	must(trail.Record(ctx, store.Tx(),
		audit.Updated(map[string]any{"plan": "free"}, map[string]any{"plan": "team"}).WithObject(account),
		audit.Updated(map[string]any{"plan": "team"}, map[string]any{"plan": "team"}).WithObject(account),
	))

	entries, err := trail.Count(ctx, audit.Filter{}, 10)
	must(err)
	fmt.Println(entries, "entry")
	// Output: 1 entry
}

// A destroy has only old values.
func ExampleDestroyed() {
	ctx, trail, store := exampleLog()
	must(trail.Record(ctx, store.Tx(), audit.Destroyed(APIKey{ID: 7, Name: "deploy"})))

	page, err := trail.Page(ctx, audit.Query{})
	must(err)
	fmt.Println(page.Entries[0].Action, page.Entries[0].Changes[0].Old.JSON(), page.Entries[0].Changes[0].New.IsAbsent())
	// Output: destroy "deploy" true
}

// An action without a change to share a transaction with is recorded detached.
func ExamplePerformed() {
	ctx, trail, _ := exampleLog()
	login := audit.Performed("login_failed", audit.Object{Type: "user", ID: "42"}).
		WithMetadata(map[string]any{"attempt": 3})
	must(trail.RecordDetached(ctx, login))

	page, err := trail.Page(ctx, audit.Query{})
	must(err)
	fmt.Println(page.Entries[0].Action, page.Entries[0].Metadata.JSON())
	// Output: login_failed {"attempt":3}
}

// An ID that is made before the first try makes a retry safe: the same ID with the
// same content is recorded once, and with other content it is an error.
func ExampleEvent_WithID() {
	ctx, trail, store := exampleLog()
	event := audit.Created(APIKey{ID: 7, Name: "ci"}).WithID(audit.NewID())
	must(trail.Record(ctx, store.Tx(), event))
	must(trail.Record(ctx, store.Tx(), event)) // the answer to the first COMMIT was lost

	entries, err := trail.Count(ctx, audit.Filter{}, 10)
	must(err)
	err = trail.Record(ctx, store.Tx(), audit.Created(APIKey{ID: 8, Name: "other"}).WithID(event.ID()))
	fmt.Println(entries, errors.Is(err, audit.ErrConflict))
	// Output: 1 true
}

// Decoding a request into a copy also changes the original where both lead to the
// same list, map or pointer. Snapshot copies those too.
func ExampleSnapshot() {
	ctx, trail, store := exampleLog()
	key := APIKey{ID: 7, Name: "ci", Scopes: []string{"read"}}

	before := audit.Snapshot(key)
	must(json.Unmarshal([]byte(`{"Scopes":["write"]}`), &key))
	must(trail.Record(ctx, store.Tx(), audit.Updated(before, key)))

	page, err := trail.Page(ctx, audit.Query{})
	must(err)
	fmt.Println(page.Entries[0].Changes.JSON())
	// Output: [{"field":"scopes","new":["write"],"old":["read"]}]
}

// Next is the cursor of the page that follows. It stays right while entries
// arrive.
func ExampleLog_Page() {
	ctx, trail, store := exampleLog()
	recordLife(ctx, trail, store)

	query := audit.Query{Limit: 3}
	for {
		page, err := trail.Page(ctx, query)
		must(err)
		for _, entry := range page.Entries {
			fmt.Println(entry.OccurredAt.Format("15:04"), entry.Action)
		}
		if page.Next.IsZero() {
			break
		}
		fmt.Println("next page")
		query.After = page.Next
	}
	// Output:
	// 09:04 destroy
	// 09:03 rotate
	// 09:02 update
	// next page
	// 09:01 create
}

// All reads entries in pieces, so it takes little memory for any number.
func ExampleLog_All() {
	ctx, trail, store := exampleLog()
	recordLife(ctx, trail, store)

	filter := audit.Filter{ObjectTypes: []string{"api_key"}, NotActions: []audit.Action{"rotate"}}
	for entry, err := range trail.All(ctx, filter, audit.Sort{Dir: audit.Ascending}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(entry.Action)
	}
	// Output:
	// create
	// update
	// destroy
}

// The limit bounds the work: a page says "10,000+" instead of counting millions.
func ExampleLog_Count() {
	ctx, trail, store := exampleLog()
	recordLife(ctx, trail, store)

	all, err := trail.Count(ctx, audit.Filter{}, 10)
	must(err)
	some, err := trail.Count(ctx, audit.Filter{}, 3)
	must(err)
	fmt.Println(all, some)
	// Output: 4 3
}

// Values are for the choices of a filter.
func ExampleLog_Values() {
	ctx, trail, store := exampleLog()
	recordLife(ctx, trail, store)

	actions, err := trail.Values(ctx, audit.ByAction, "", 10)
	must(err)
	fmt.Println(actions)
	// Output: [create destroy rotate update]
}

// A state is put together from the entries until then.
func ExampleLog_StateAt() {
	ctx, trail, store := exampleLog()
	recordLife(ctx, trail, store)

	key := audit.Object{Type: "api_key", ID: "7"}
	for _, minute := range []int{1, 3} {
		state, err := trail.StateAt(ctx, key, time.Date(2026, 11, 2, 9, minute, 0, 0, time.UTC))
		must(err)
		fmt.Println(minute, state.Get("name").JSON(), state.Complete)
	}
	// Output:
	// 1 "ci" true
	// 3 "deploy" true
}

// Revert returns what would undo an entry. The host applies it to its own record,
// and records that.
func ExampleLog_Revert() {
	ctx, trail, store := exampleLog()
	ci, deploy := APIKey{ID: 7, Name: "ci"}, APIKey{ID: 7, Name: "deploy"}
	must(trail.Record(ctx, store.Tx(), audit.Created(ci)))
	must(trail.Record(ctx, store.Tx(), audit.Updated(ci, deploy)))
	newest, err := trail.Newest(ctx)
	must(err)

	reversal, err := trail.Revert(ctx, newest)
	must(err)
	fmt.Println(reversal.Changes.JSON(), len(reversal.Conflicts), "conflicts")
	// Output: [{"field":"name","new":"ci","old":"deploy"}] 0 conflicts
}

// The bounds part time into buckets: before 9:03, and from then on.
func ExampleLog_Histogram() {
	ctx, trail, store := exampleLog()
	recordLife(ctx, trail, store)

	bounds := []time.Time{time.Date(2026, 11, 2, 9, 3, 0, 0, time.UTC)}
	histogram, err := trail.Histogram(ctx, audit.Filter{}, bounds, 1000)
	must(err)
	for _, bar := range histogram.Bars {
		fmt.Println(bar.Bucket, bar.Action, bar.Entries)
	}
	// Output:
	// 0 create 1
	// 0 update 1
	// 1 destroy 1
	// 1 rotate 1
}

// In returns the log of one organization. No read sees another one's entries.
func ExampleLog_In() {
	ctx, trail, store := exampleLog()
	globex := trail.In("globex")
	must(trail.Record(ctx, store.Tx(), audit.Created(APIKey{ID: 7, Name: "ci"})))
	must(globex.Record(ctx, store.Tx(), audit.Created(APIKey{ID: 7, Name: "ops"})))

	for entry, err := range globex.All(ctx, audit.Filter{}, audit.Sort{}) {
		must(err)
		fmt.Println(entry.Org, entry.Changes[0].New.JSON())
	}
	// Output: globex "ops"
}

// Describe says what is recorded of a type, and why a field is not.
func ExampleLog_Describe() {
	type Member struct {
		ID        int
		Email     string
		Password  string
		Note      string `audit:"-"`
		UpdatedAt time.Time
	}
	_, trail, _ := exampleLog()
	rules, err := trail.Describe(Member{})
	must(err)
	for _, rule := range rules {
		fmt.Println(rule)
	}
	// Output:
	// id: identity
	// email: recorded
	// password: redacted
	// note: left out (by its tag)
	// updated_at: left out (ignored by the log's configuration)
}

// Values within one field are alternatives, and the fields all have to hold.
func ExampleFilter() {
	filter := audit.Filter{
		Org:         "acme",
		Actions:     []audit.Action{audit.ActionUpdate, audit.ActionDestroy},
		ActorEmails: []string{"dana@acme.test"},
	}
	fmt.Println(filter.Match(audit.Entry{Org: "acme", Action: "update", Actor: audit.Actor{Email: "dana@acme.test"}}))
	fmt.Println(filter.Match(audit.Entry{Org: "acme", Action: "create", Actor: audit.Actor{Email: "dana@acme.test"}}))
	// Output:
	// true
	// false
}

// Where returns a condition for the host's own statements.
func ExampleFilter_Where() {
	condition, err := audit.Filter{Org: "acme", Actions: []audit.Action{"update"}}.Where(audit.PostgreSQL, "e")
	must(err)
	statement, args, err := sq.Select("u.name", "count(*)").From("users u").
		Join("audit_entries e ON e.actor_email = u.email").
		Where(condition).GroupBy("u.name").PlaceholderFormat(sq.Dollar).ToSql()
	must(err)
	fmt.Println(statement)
	fmt.Println(args)
	// Output:
	// SELECT u.name, count(*) FROM users u JOIN audit_entries e ON e.actor_email = u.email WHERE (e.org_id = $1 AND e.action = $2) GROUP BY u.name
	// [acme update]
}
