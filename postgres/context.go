package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
)

// SetContext tells the triggers of watched tables who acts in this transaction,
// for which organization and in which request: what [audit.WithActor],
// [audit.WithOrg] and [audit.WithRequest] put into the context. It ends with the
// transaction. Without it, or without an actor, an entry names the database's
// role. Call it again where the actor changes.
//
// Whoever can run SQL on the connection can set the same; what an entry with
// source "trigger" says of its actor is as true as the application is.
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

// SetContextSQL is [SetContext] in a database/sql transaction, of any PostgreSQL
// driver: [*sql.Tx], and those of GORM and sqlx.
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

// QueueContext is [SetContext] as the next statement of the host's own batch, so
// that it adds no round trip. It sends nothing.
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
// types until the transaction ends, since it records those changes itself, by
// [audit.Log.Record]. It has an effect on tables whose Table.Skippable is set
// and on no others: where in doubt, a change is recorded twice, and never not at
// all. Each call replaces the types of the one before; none ends it.
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

// triggerContext is the setting that audit_capture_begin reads.
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
}

func contextSetting(ctx context.Context) (string, error) {
	org, _ := audit.OrgFrom(ctx)
	actor, named := audit.ActorFrom(ctx)
	if named && actor.Kind == "" {
		actor.Kind = audit.ActorUser
		if actor.ID == "" && actor.Email == "" {
			actor.Kind = audit.ActorSystem
		}
	}
	request, _ := audit.RequestFrom(ctx)
	c := triggerContext{
		Org: org, ActorKind: actor.Kind, ActorID: actor.ID, ActorEmail: actor.Email, OnBehalfOf: actor.OnBehalfOf,
		IPNote: plainText(request.IPNote), RequestID: request.ID, UserAgent: plainText(request.UserAgent),
	}
	if request.IP.IsValid() {
		c.IP = request.IP.Unmap().WithZone("").String()
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{
		{"organization", c.Org, 255},
		{"actor kind", string(c.ActorKind), 64},
		{"actor ID", c.ActorID, 255},
		{"actor email", c.ActorEmail, 320},
		{"on behalf of", c.OnBehalfOf, 320},
		{"request ID", c.RequestID, 128},
	} {
		if len(text.value) > text.most || !utf8.ValidString(text.value) || strings.ContainsRune(text.value, 0) {
			return "", fmt.Errorf("postgres: %s %.100q cannot be recorded: give a plain text of at most %d bytes", text.field, text.value, text.most)
		}
	}
	setting, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding the context: %w", err)
	}
	return string(setting), nil
}

// plainText returns what a client sent, without what no database takes and no
// longer than is kept of it.
func plainText(s string) string {
	const most = 512
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
