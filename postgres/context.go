package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/stored"
)

// SetContext sets the actor, the organization and the request that the triggers
// of watched tables record in this transaction. It takes them from ctx, where
// [audit.WithActor], [audit.WithOrg] and [audit.WithRequest] put them. It ends
// with the transaction. Without it, or without an actor, an entry names the
// database's role. Call it again when the actor changes.
//
// Whoever can run SQL on the connection can set the same. So the actor of an
// entry with source "trigger" is as trustworthy as the application is.
func SetContext(ctx context.Context, tx pgx.Tx) error {
	if isNil(tx) {
		return errNoContextTx
	}
	setting, err := contextSetting(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, setContextSQL, setting); err != nil {
		return fmt.Errorf("setting the context: %w", err)
	}
	return nil
}

// SetContextSQL is [SetContext] in a database/sql transaction, with any
// PostgreSQL driver: [*sql.Tx], and those of GORM and sqlx.
func SetContextSQL(ctx context.Context, tx SQLTransaction) error {
	if isNil(tx) {
		return errNoContextTx
	}
	setting, err := contextSetting(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, setContextSQL, setting); err != nil {
		return fmt.Errorf("setting the context: %w", err)
	}
	return nil
}

// QueueContext is [SetContext] as the next statement of the host's batch,
// so that it adds no round trip. It sends nothing itself.
func QueueContext(ctx context.Context, batch *pgx.Batch) error {
	if batch == nil {
		return errors.New("postgres: no batch is given: give the *pgx.Batch to send")
	}
	setting, err := contextSetting(ctx)
	if err != nil {
		return err
	}
	batch.Queue(setContextSQL, setting)
	return nil
}

// SkipCapture keeps the triggers of watched tables silent about objects of the
// types until the transaction ends, for transactions that record those changes
// by [audit.Log.Record]. It affects only tables whose WatchTable.Skippable is
// set, so a change may be recorded twice, but never not at all. Each call
// replaces the types of the call before; a call without types ends it.
func SkipCapture(ctx context.Context, tx pgx.Tx, types ...string) error {
	if isNil(tx) {
		return errNoContextTx
	}
	if _, err := tx.Exec(ctx, skipCaptureSQL, strings.Join(types, ",")); err != nil {
		return fmt.Errorf("skipping capture: %w", err)
	}
	return nil
}

// SkipCaptureSQL is [SkipCapture] in a database/sql transaction, as
// [SetContextSQL] takes one.
func SkipCaptureSQL(ctx context.Context, tx SQLTransaction, types ...string) error {
	if isNil(tx) {
		return errNoContextTx
	}
	if _, err := tx.ExecContext(ctx, skipCaptureSQL, strings.Join(types, ",")); err != nil {
		return fmt.Errorf("skipping capture: %w", err)
	}
	return nil
}

var errNoContextTx = errors.New("postgres: no transaction is given: give the one whose changes are captured")

const (
	setContextSQL  = "SELECT set_config('audit.context', $1::text, true)"
	skipCaptureSQL = "SELECT set_config('audit.skip', $1::text, true)"
)

// triggerContext is the setting that audit_capture_read_context reads.
type triggerContext struct {
	Org        string          `json:"org,omitempty"`
	ActorKind  audit.ActorKind `json:"actor_kind,omitempty"`
	ActorID    string          `json:"actor_id,omitempty"`
	ActorEmail string          `json:"actor_email,omitempty"`
	OnBehalfOf string          `json:"on_behalf_of,omitempty"`
	IP         string          `json:"ip,omitempty"`
	IPNote     string          `json:"ip_note,omitempty"`
	RequestID  string          `json:"request_id,omitempty"`
	UserAgent  string          `json:"user_agent,omitempty"`
	// Altered is what the metadata keeps of texts that were changed to fit.
	Altered map[string]json.RawMessage `json:"altered,omitempty"`
}

// fit brings a text into the form in which it is stored.
func (c *triggerContext) fit(column string, text *string, most int, key bool) {
	if stored.Fits(*text, most) {
		return
	}
	if c.Altered == nil {
		c.Altered = map[string]json.RawMessage{}
	}
	if key {
		c.Altered[column], *text = stored.KeptKey(*text), stored.Key(*text, most)
	} else {
		c.Altered[column], *text = stored.KeptText(*text, most), stored.Text(*text, most)
	}
}

func contextSetting(ctx context.Context) (string, error) {
	org, _ := audit.OrgFrom(ctx)
	actor, named := audit.ActorFrom(ctx)
	if named && actor.Kind == "" {
		actor.Kind = audit.ActorUser
		if actor.ID == "" && actor.Email == "" {
			actor.Kind = audit.ActorUnknown
		}
	}
	request, _ := audit.RequestFrom(ctx)
	if !stored.Fits(org, stored.Org) {
		return "", fmt.Errorf("postgres: organization %.100q cannot be recorded: give WithOrg its stable key, a plain text of at most %d bytes", org, stored.Org)
	}
	c := triggerContext{
		Org: org, ActorKind: actor.Kind, ActorID: actor.ID, ActorEmail: actor.Email, OnBehalfOf: actor.OnBehalfOf,
		IPNote: request.IPNote, RequestID: request.ID, UserAgent: request.UserAgent,
	}
	if request.IP.IsValid() {
		c.IP = request.IP.Unmap().WithZone("").String()
	}
	// A text that does not fit never stops the change.
	c.fit("actor_kind", (*string)(&c.ActorKind), stored.ActorKind, false)
	c.fit("actor_id", &c.ActorID, stored.ActorID, true)
	c.fit("actor_email", &c.ActorEmail, stored.Email, true)
	c.fit("on_behalf_of", &c.OnBehalfOf, stored.Email, true)
	c.fit("request_id", &c.RequestID, stored.RequestID, true)
	c.fit("user_agent", &c.UserAgent, stored.UserAgent, false)
	c.fit("ip_note", &c.IPNote, stored.UserAgent, false)
	setting, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding the context: %w", err)
	}
	return string(setting), nil
}
