package recipes_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// JobRow is the part of River's rivertype.JobRow that a worker needs here, and
// Task that of asynq.Task.
type JobRow struct {
	EncodedArgs []byte
	Metadata    []byte
}

type Task struct{ payload []byte }

func (t *Task) Payload() []byte { return t.payload }

type RenameArgs struct {
	ID   int
	Name string
}

// enqueue stands for the queue's own insert.
func (h host) enqueue(ctx context.Context, tx *sql.Tx, kind string, args any, metadata []byte) error {
	text, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO jobs (kind, args, metadata) VALUES (?, ?, ?)", kind, text, metadata)
	return err
}

// jobs takes all jobs of a kind out of the queue.
func (h host) jobs(t *testing.T, kind string) (jobs []JobRow) {
	t.Helper()
	rows, err := h.db.QueryContext(t.Context(), "DELETE FROM jobs WHERE kind = ? RETURNING args, metadata", kind)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var job JobRow
		require.NoError(t, rows.Scan(&job.EncodedArgs, &job.Metadata))
		jobs = append(jobs, job)
	}
	require.NoError(t, rows.Err())
	return jobs
}

func (h host) askForRename(ctx context.Context, tx *sql.Tx, args RenameArgs) error {
	metadata, err := h.trail.MarshalContext(ctx)
	if err != nil {
		return err
	}
	return h.enqueue(ctx, tx, "rename", args, metadata) // river: client.InsertTx(ctx, tx, args, &river.InsertOpts{Metadata: metadata})
}

// keepActor is a middleware of River's workers: river.WorkerMiddlewareFunc(keepActor).
func keepActor(ctx context.Context, job *JobRow, doInner func(context.Context) error) error {
	ctx, err := audit.UnmarshalContext(ctx, job.Metadata)
	if err != nil {
		return err
	}
	return doInner(ctx)
}

type renameTask struct {
	RenameArgs
	Audit json.RawMessage // what MarshalContext returned
}

// handleRename is a handler of asynq's: mux.HandleFunc("rename", h.handleRename).
func (h host) handleRename(ctx context.Context, task *Task) error {
	var t renameTask
	if err := json.Unmarshal(task.Payload(), &t); err != nil {
		return err
	}
	ctx, err := audit.UnmarshalContext(ctx, t.Audit)
	if err != nil {
		return err
	}
	return h.renameKey(ctx, t.ID, t.Name)
}

func nightly(ctx context.Context, org string) context.Context {
	ctx = audit.WithActor(ctx, audit.System("nightly cleanup"))
	return audit.WithOrg(ctx, org)
}

func TestJobsKeepTheActor(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx := as(t.Context(), "acme", "dana@acme.test")
	key, err := h.createKey(ctx, "ci")
	require.NoError(t, err)
	ask := func(name string) error {
		return h.inTx(ctx, func(tx *sql.Tx) error { return h.askForRename(ctx, tx, RenameArgs{key.ID, name}) })
	}
	require.NoError(t, ask("deploy"))
	jobs := h.jobs(t, "rename")
	require.Len(t, jobs, 1)

	// A worker knows nothing of the request.
	work := func(ctx context.Context) error {
		var args RenameArgs
		if err := json.Unmarshal(jobs[0].EncodedArgs, &args); err != nil {
			return err
		}
		return h.renameKey(ctx, args.ID, args.Name)
	}
	require.ErrorIs(t, work(t.Context()), sql.ErrNoRows, "without the organization it finds no key")
	require.NoError(t, keepActor(t.Context(), &jobs[0], work))
	told := h.last(t, "acme")
	assert.Equal(t, `[{"field":"name","new":"deploy","old":"ci"}]`, told.Changes.JSON())
	assert.Equal(t, audit.Actor{Kind: audit.ActorUser, Email: "dana@acme.test"}, told.Actor)
	assert.Equal(t, "203.0.113.7", told.IP.String())
	assert.Equal(t, "request-of-dana@acme.test", told.RequestID)

	bad := JobRow{Metadata: []byte("null")}
	called := false
	require.Error(t, keepActor(t.Context(), &bad, func(context.Context) error { called = true; return nil }))
	assert.False(t, called)

	metadata, err := h.trail.MarshalContext(ctx)
	require.NoError(t, err)
	payload, err := json.Marshal(renameTask{RenameArgs{key.ID, "release"}, metadata})
	require.NoError(t, err)
	require.NoError(t, h.handleRename(t.Context(), &Task{payload}))
	told = h.last(t, "acme")
	assert.Equal(t, `[{"field":"name","new":"release","old":"deploy"}]`, told.Changes.JSON())
	assert.Equal(t, "dana@acme.test", told.Actor.Email)

	require.NoError(t, h.renameKey(nightly(t.Context(), "acme"), key.ID, "old"))
	told = h.last(t, "acme")
	assert.Equal(t, audit.System("nightly cleanup"), told.Actor)
	assert.False(t, told.IP.IsValid())

	// A job that a rolled back request asked for does not exist.
	lost := errors.New("lost")
	require.ErrorIs(t, h.inTx(ctx, func(tx *sql.Tx) error {
		require.NoError(t, h.askForRename(ctx, tx, RenameArgs{key.ID, "never"}))
		return lost
	}), lost)
	assert.Empty(t, h.jobs(t, "rename"))
}
