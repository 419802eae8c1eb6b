package audit_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// parentOf returns the parent of an event's entry.
func parentOf(t testing.TB, event audit.Event) audit.Object {
	t.Helper()
	entries, err := newLog(t, audit.Config{Ignore: []string{"order_id"}}).Prepare(t.Context(), event)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	return entries[0].Parent
}

func withParent[T any](id T) audit.Event {
	type line struct {
		ID      int
		OrderID T `audit:",parent"`
	}
	return audit.Created(line{ID: 1, OrderID: id})
}

// key is an ID that its own method writes.
type orderKey struct{ region, number string }

func (k orderKey) MarshalText() ([]byte, error) { return []byte(k.region + "-" + k.number), nil }

func TestATaggedFieldNamesTheParentByItsText(t *testing.T) {
	t.Parallel()
	id, seven := uuid.New(), new(int64(7))
	for want, events := range map[string][]audit.Event{
		"7": {
			withParent(7), withParent(uint8(7)), withParent("7"), withParent(seven), withParent(&seven),
			withParent[any](7), withParent(json.Number("7")), withParent(sql.NullInt64{Int64: 7, Valid: true}),
			withParent(sql.Null[string]{V: "7", Valid: true}),
		},
		id.String():            {withParent(id), withParent(&id), withParent(uuid.NullUUID{UUID: id, Valid: true}), withParent(id.String())},
		"eu-7":                 {withParent(orderKey{"eu", "7"}), withParent(&orderKey{"eu", "7"})},
		"-7":                   {withParent(-7)},
		"18446744073709551615": {withParent(uint64(1<<64 - 1))},
		`\x0107`:               {withParent([]byte{1, 7}), withParent([2]byte{1, 7})},
		"0":                    {withParent(new(0)), withParent(sql.NullInt64{Valid: true}), withParent[any](0)},
		"a,b":                  {withParent("a,b")},
		uuid.UUID{}.String():   {withParent(&uuid.UUID{}), withParent(uuid.NullUUID{Valid: true})},
	} {
		for i, event := range events {
			assert.Equal(t, audit.Object{Type: "order", ID: want}, parentOf(t, event), "%s, event %d", want, i)
		}
	}
	var none **int
	for i, event := range []audit.Event{
		withParent(0), withParent(""), withParent((*int)(nil)), withParent(none), withParent(new((*int)(nil))),
		withParent[any](nil), withParent(sql.NullInt64{}), withParent(sql.NullInt64{Int64: 7}), withParent(uuid.UUID{}),
		withParent(uuid.NullUUID{}), withParent(sql.NullString{Valid: true}), withParent([]byte(nil)), withParent(new("")),
	} {
		assert.Zero(t, parentOf(t, event), "event %d", i)
	}
}

// The ID of a parent is the text that the parent's own entries have, also where
// it is too long for its column.
func TestTheParentsIDIsTheOneThatItsEntriesHave(t *testing.T) {
	t.Parallel()
	type order struct{ ID any }
	type line struct {
		ID      int
		OrderID any `audit:",parent"`
	}
	log, _ := audittest.New(t)
	long := fmt.Sprintf("%0300d", 7)
	for _, id := range []any{7, "007", 1.5, true, uuid.New(), []byte{0, 255}, "ü\xff", long, sql.NullInt64{Int64: 3, Valid: true}} {
		entries, err := log.Prepare(t.Context(), audit.Created(order{id}), audit.Created(line{1, id}))
		require.NoError(t, err)
		assert.Equal(t, entries[0].Object, entries[1].Parent)
		assert.Equal(t, entries[0].Whole().Object, entries[1].Whole().Parent)
	}
}

func TestTheParentOfAnUpdateIsTheOneAfterIt(t *testing.T) {
	t.Parallel()
	type line struct {
		ID      int
		OrderID *int `audit:",parent,immutable"`
		Count   int
	}
	one, two := new(1), new(2)
	order := func(id string) audit.Object { return audit.Object{Type: "order", ID: id} }
	assert.Equal(t, order("1"), parentOf(t, audit.Updated(line{1, one, 1}, line{1, one, 2})))
	assert.Equal(t, order("2"), parentOf(t, audit.Updated(line{1, one, 1}, line{1, two, 1})), "it belongs to the new parent")
	assert.Equal(t, order("2"), parentOf(t, audit.Updated(line{1, nil, 1}, line{1, two, 1})))
	assert.Equal(t, order("1"), parentOf(t, audit.Updated(line{1, one, 1}, line{1, nil, 1})), "what it left tells so")
	assert.Equal(t, order("1"), parentOf(t, audit.Destroyed(line{1, one, 1})))
	assert.Zero(t, parentOf(t, audit.Destroyed(line{1, nil, 1})))

	given := audit.Object{Type: "invoice", ID: "9"}
	assert.Equal(t, given, parentOf(t, audit.Updated(line{1, one, 1}, line{1, two, 1}).WithParent(given)), "what the event says counts")
	_, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Created(line{1, one, 1}).WithParent(audit.Object{Type: "invoice"}))
	assert.ErrorContains(t, err, "only half given")

	entries, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(line{1, one, 1}, line{1, two, 1}))
	require.NoError(t, err)
	assert.Equal(t, []string{"order_id"}, entries[0].Changes.Fields(), "the field is recorded too")
}

type lineBase struct {
	OrderID int `audit:",parent"`
}

type ownTypeLine struct {
	OrderID int `audit:",parent=sales/order"`
}

func (ownTypeLine) AuditObject() audit.Object { return audit.Object{Type: "line", ID: "1"} }

func TestWhereTheParentsTagStands(t *testing.T) {
	t.Parallel()
	type embedded struct {
		ID int
		lineBase
	}
	type embeddedPointer struct {
		ID int
		*lineBase
	}
	type hidden struct {
		ID int
		lineBase
		OrderID int // hides the other, as in Go
	}
	type within struct {
		ID    int
		Other lineBase
	}
	type byColumn struct {
		ID  int
		Ref int `db:"purchase_order_id" audit:",parent"`
	}
	type byName struct {
		ID  int
		Ref int `audit:"customer_id,parent"`
	}
	type partOfKey struct {
		OrderID int `audit:",id,parent"`
		Number  int `audit:",id"`
	}
	type ignored struct {
		ID        int
		UpdatedAt int `audit:",parent=clock"` // a tag takes it back in
	}
	type plain struct {
		ID    int
		Token string `audit:",plain,parent=token"`
	}
	for _, c := range []struct {
		record audit.Event
		want   string
	}{
		{audit.Created(embedded{1, lineBase{7}}), "order 7"},
		{audit.Created(&embeddedPointer{1, &lineBase{7}}), "order 7"},
		{audit.Created(embeddedPointer{1, nil}), ""},
		{audit.Created(hidden{1, lineBase{7}, 8}), ""},
		{audit.Created(within{1, lineBase{7}}), ""}, // a parent of what is within
		{audit.Created(byColumn{1, 7}), "purchase_order 7"},
		{audit.Created(byName{1, 7}), "customer 7"},
		{audit.Created(partOfKey{7, 2}).WithObject(audit.Object{Type: "line"}), "order 7"},
		{audit.Created(ignored{1, 7}), "clock 7"},
		{audit.Created(plain{1, "t"}), "token t"},
		{audit.Created(ownTypeLine{7}), "sales/order 7"},
		{audit.Created[any](&embedded{1, lineBase{7}}), "order 7"},
		{audit.Created(map[string]any{"id": 1, "order_id": 7}).WithObject(audit.Object{Type: "line"}), ""},
	} {
		parent := parentOf(t, c.record)
		if c.want == "" {
			assert.Zero(t, parent)
			continue
		}
		assert.Equal(t, c.want, parent.String())
	}
	rules, err := newLog(t, audit.Config{}).Describe(embedded{})
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(rules), "order_id: recorded (the ID of its parent, of type order)")
}

func TestAWrongParentsTagIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	type order struct{ ID int }
	for _, c := range []struct {
		event audit.Event
		words []string
	}{
		{audit.Created(struct {
			ID        int
			OrderID   int `audit:",parent"`
			InvoiceID int `audit:",parent"`
		}{}), []string{"OrderID", "InvoiceID", "one parent", "WithParent"}},
		{audit.Created(struct {
			ID int
			lineBase
			InvoiceID int `audit:",parent"`
		}{}), []string{"lineBase.OrderID", "InvoiceID"}},
		{audit.Created(struct {
			Order int `audit:",parent"`
		}{}), []string{"field Order", `"order"`, "_id", "parent=order"}},
		{audit.Created(struct {
			Order int `audit:"_id,parent"`
		}{}), []string{`"_id"`, "parent=order"}},
		{audit.Created(struct {
			OrderID int `audit:",parent="`
		}{}), []string{"OrderID", "no type after parent="}},
		{audit.Created(struct {
			OrderID int `audit:",parent=a,parent=b"`
		}{}), []string{"OrderID", "twice"}},
		{audit.Created(struct {
			OrderID int `audit:",id=order"`
		}{}), []string{`unknown option "id=order"`, "parent=TYPE"}},
		{audit.Created(struct {
			OrderID int `audit:",Parent"`
		}{}), []string{`unknown option "Parent"`}},
		{audit.Created(struct {
			OrderID int `audit:",parent,redact"`
		}{}), []string{"OrderID", "redacted", "WithParent"}},
		{audit.Created(struct {
			Token string `audit:",parent=token"`
		}{}), []string{"Token", "plain"}},
		{audit.Created(struct {
			Order order `audit:",parent=order"`
		}{}), []string{"field Order", "audit_test.order", "not one ID"}},
		{audit.Created(struct {
			Order *order `audit:",parent=order"`
		}{}), []string{"not one ID"}},
		{audit.Created(struct {
			order `audit:",parent=order"`
		}{}), []string{"not one ID"}},
		{audit.Created(struct {
			OrderIDs []int `audit:",parent=order"`
		}{}), []string{"OrderIDs", "[]int", "not one ID"}},
		{audit.Created(struct {
			OrderIDs map[string]int `audit:",parent=order"`
		}{}), []string{"not one ID"}},
		{audit.Created(struct {
			OrderID func() `audit:",parent"`
		}{}), []string{"not one ID"}},
		{withParent[any]([]int{1}).WithObject(audit.Object{Type: "line"}), []string{"order_id", "[]int", "not one ID"}},
		{withParent[any](order{1}).WithObject(audit.Object{Type: "line"}), []string{"order_id", "audit_test.order"}},
		{withParent(json.RawMessage(`{"id":7}`)).WithObject(audit.Object{Type: "line"}), []string{"order_id", "json.RawMessage"}},
	} {
		problem := fails(t, c.event).Error()
		for _, word := range c.words {
			assert.Contains(t, problem, word)
		}
	}
}

func ExampleLog_History() {
	type Order struct {
		ID     int
		Status string
	}
	type OrderLine struct {
		ID      int
		OrderID int `audit:",parent"` // the parent is an "order"
		Product string
	}
	store := audittest.NewStore()
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
	if err := trail.Record(ctx, store.Tx(),
		audit.Created(Order{7, "open"}),
		audit.Created(OrderLine{1, 7, "tea"}),
		audit.Created(OrderLine{2, 8, "rice"}), // of another order
		audit.Updated(Order{7, "open"}, Order{7, "shipped"}),
		audit.Destroyed(OrderLine{1, 7, "tea"}),
	); err != nil {
		fmt.Println(err)
		return
	}
	for entry, err := range trail.History(ctx, audit.Object{Type: "order", ID: "7"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(entry.Action, entry.Object)
	}
	// Output:
	// destroy order_line 1
	// update order 7
	// create order_line 1
	// create order 7
}
