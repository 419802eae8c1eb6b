package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
)

// MaxPartitions is the max number of months that one call of
// [Admin.MakePartitions] covers.
const MaxPartitions = 1200

// MakePartitionsAhead makes the partitions of the present month, by the
// database's clock, and of the n months after it, and returns those it made.
// Months that have a partition are left alone. Hosts call it at every start or
// once a day. If there is nothing to make, it only reads the catalogue.
//
// With n = 3, a job that fails goes unnoticed for three months. After that,
// entries go to the default partition; none is refused.
func (a *Admin) MakePartitionsAhead(ctx context.Context, n int) ([]Partition, error) {
	if n < 0 || n >= MaxPartitions {
		return nil, fmt.Errorf("making partitions: n is %d: want 0 to %d", n, MaxPartitions-1)
	}
	if a.pool == nil {
		return nil, errNoPool
	}
	var now time.Time
	if err := a.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return nil, fmt.Errorf("making partitions: reading the database's clock: %w", err)
	}
	present := monthOf(now)
	return a.MakePartitions(ctx, present.from, present.from.AddDate(0, n+1, 0))
}

// MakePartitions makes monthly partitions (calendar months in UTC) for the
// times in [from, until), and returns those it made. Months
// that have a partition are left alone. After an error, the partitions that are
// returned exist. Hosts call it before an import, and to bring entries of the
// default partition into months; [Admin.MakePartitionsAhead] is for every day.
//
// Each month is one transaction. PostgreSQL reads the whole default partition
// in it, to see that no entry there belongs to the month. That takes about a
// second for each million entries, so keep the default partition small.
// Meanwhile, these wait for the default partition: reads without a range of
// time, and writes that no month covers.
//
// If there are such entries, they move into the new month. On a small machine
// that takes some five seconds for each 100,000. All who read or write the log
// wait that long and then go on. Nothing is lost or refused, and recorded_at
// and xact stay as they are. To bring a long history into months, make one
// month at a time, at quiet hours.
func (a *Admin) MakePartitions(ctx context.Context, from, until time.Time) ([]Partition, error) {
	spans, err := spansOf(from, until)
	if err != nil {
		return nil, fmt.Errorf("making partitions: %w", err)
	}
	existing, err := a.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	var made []Partition
	for _, s := range spans {
		if slices.ContainsFunc(existing, s.within) {
			continue
		}
		month, err := a.makeMonth(ctx, s)
		if err != nil {
			return made, fmt.Errorf("making partition %s: %w", s.name(), err)
		}
		if month.Name != "" {
			made = append(made, month)
		}
	}
	return made, nil
}

// within reports whether a partition covers the month.
func (s span) within(m Partition) bool {
	return !m.Default && !m.From.After(s.from) && (m.Until.IsZero() || !m.Until.Before(s.until))
}

func spansOf(from, until time.Time) ([]span, error) {
	for _, bound := range []struct {
		name string
		time time.Time
	}{{"from", from}, {"until", until}} {
		if year := bound.time.UTC().Year(); year < 1970 || year > 9999 {
			return nil, fmt.Errorf("%s is %s: entries are of the years 1970 to 9999", bound.name, bound.time.Format(time.RFC3339))
		}
	}
	if !until.After(from) {
		return nil, fmt.Errorf("until is %s: it must be after from, which is %s", until.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	var spans []span
	for s := monthOf(from); s.from.Before(until); s = s.next() {
		if len(spans) == MaxPartitions {
			return nil, fmt.Errorf("from %s until %s is more than %d months: make several calls", from.Format(time.RFC3339), until.Format(time.RFC3339), MaxPartitions)
		}
		spans = append(spans, s)
	}
	return spans, nil
}

// makeMonth makes one partition. The result has no name if somebody else made
// it meanwhile.
func (a *Admin) makeMonth(ctx context.Context, s span) (made Partition, err error) {
	err = a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		made = Partition{}
		partitions, err := partitionsOf(ctx, tx, entries)
		if err != nil {
			return err
		}
		lower, upper := s.bounds()
		covers := func(p partition) bool { return p.covers(lower, upper) }
		if slices.ContainsFunc(partitions, covers) {
			return nil
		}
		// The attempt is a savepoint. If the default partition holds entries of the
		// month, the attempt fails and its locks are free again.
		err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return attachEmpty(ctx, tx, entries, s) })
		if isCode(err, "23514") {
			err = moveIntoMonth(ctx, tx, entries, partitions, s)
		}
		if err != nil {
			return err
		}
		if partitions, err = partitionsOf(ctx, tx, entries); err != nil {
			return err
		}
		i := slices.IndexFunc(partitions, covers)
		if i < 0 {
			return errors.New("the partition was made, but PostgreSQL does not list it")
		}
		made = partitions[i].public()
		return listMonth(ctx, tx, entries, s)
	})
	return made, err
}

// listMonth records in audit_months that the library made a month, for Check.
func listMonth(ctx context.Context, tx pgx.Tx, entries table, s span) error {
	_, err := tx.Exec(ctx, "INSERT INTO "+entries.sibling("audit_months")+" (starts_at) VALUES ($1) ON CONFLICT (starts_at) DO NOTHING", s.from)
	if err != nil {
		return fmt.Errorf("listing month %s: %w", s.name(), err)
	}
	return nil
}

// unlistMonths removes the months of a partition that goes from audit_months.
func unlistMonths(ctx context.Context, tx pgx.Tx, entries table, p partition) error {
	_, err := tx.Exec(ctx, "DELETE FROM "+entries.sibling("audit_months")+" WHERE starts_at >= $1 AND ($2::timestamptz IS NULL OR starts_at < $2::timestamptz)",
		p.lower.Time(), orNull(p.public().Until))
	if err != nil {
		return fmt.Errorf("taking partition %s from the list of months: %w", p.Name, err)
	}
	return nil
}

// attachEmpty makes the month's table beside the others and attaches it, which
// keeps nobody waiting who writes into another month: CREATE TABLE … PARTITION
// OF would lock the whole log while PostgreSQL reads the default partition.
func attachEmpty(ctx context.Context, tx pgx.Tx, entries table, s span) error {
	if err := createLike(ctx, tx, entries, s.name(), "INCLUDING ALL"); err != nil {
		return err
	}
	return attachMonth(ctx, tx, entries, s)
}

// moveIntoMonth makes the month and moves the default partition's entries of
// that month into it.
//
// The rows leave the default partition by DELETE. No trigger is switched off for
// that: the trigger that refuses DELETE belongs to the partitioned table, so a
// detached partition does not have it, and gets it back when it is attached. Nobody
// else sees this, since the transaction holds the lock on the whole log. One
// statement deletes and inserts the same rows, and the two numbers are compared.
//
// A copy of everything that stays into a new default partition would need no DELETE,
// but would rewrite years of entries for the sake of one month.
func moveIntoMonth(ctx context.Context, tx pgx.Tx, entries table, partitions []partition, s span) error {
	i := slices.IndexFunc(partitions, func(p partition) bool { return p.isDefault })
	if i < 0 {
		return errors.New("there is no default partition to move entries from")
	}
	preset := partitions[i]
	// Indexes are made when the month is attached: over all rows at once.
	if err := createLike(ctx, tx, entries, s.name(), "INCLUDING ALL EXCLUDING INDEXES"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE ONLY "+entries.sql()+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("keeping writers waiting: %w", err)
	}
	if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sql()+" DETACH PARTITION "+preset.sql()); err != nil {
		return fmt.Errorf("detaching the default partition: %w", err)
	}
	columns, err := columnsOf(ctx, tx, entries)
	if err != nil {
		return err
	}
	lower, upper := s.bounds()
	var deleted, inserted int64
	err = tx.QueryRow(ctx, "WITH moved AS (DELETE FROM "+preset.sql()+" WHERE id >= $1::text::uuid AND id < $2::text::uuid RETURNING "+columns+
		"), kept AS (INSERT INTO "+entries.sibling(s.name())+" ("+columns+") SELECT "+columns+" FROM moved RETURNING id)"+
		" SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM kept)", lower.String(), upper.String()).Scan(&deleted, &inserted)
	if err != nil {
		return fmt.Errorf("moving entries: %w", err)
	}
	if deleted != inserted {
		return fmt.Errorf("moving entries: %d left the default partition, but %d came into the month: something on the table interferes, such as a trigger or a rule", deleted, inserted)
	}
	if err := attachMonth(ctx, tx, entries, s); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sql()+" ATTACH PARTITION "+preset.sql()+" DEFAULT"); err != nil {
		return fmt.Errorf("attaching the default partition: %w", err)
	}
	return protectPartition(ctx, tx, entries, preset.Name)
}

// createLike makes a table for the log's owner, with the columns and constraints of
// the log and the protection of a partition.
func createLike(ctx context.Context, tx pgx.Tx, entries table, name, including string) error {
	if _, err := tx.Exec(ctx, "CREATE TABLE "+entries.sibling(name)+" (LIKE "+entries.sql()+" "+including+")"); err != nil {
		return fmt.Errorf("creating table %s: %w", name, err)
	}
	var same bool
	if err := tx.QueryRow(ctx, "SELECT current_user = $1", entries.Owner).Scan(&same); err != nil {
		return err
	}
	if !same {
		owner := pgx.Identifier{entries.Owner}.Sanitize()
		if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sibling(name)+" OWNER TO "+owner); err != nil {
			return fmt.Errorf("giving table %s to %s, who owns audit_entries: %w", name, owner, err)
		}
	}
	return protectPartition(ctx, tx, entries, name)
}

func attachMonth(ctx context.Context, tx pgx.Tx, entries table, s span) error {
	lower, upper := s.bounds()
	return attach(ctx, tx, entries, s.name(), rangeOf(lower, upper))
}

func rangeOf(lower, upper audit.ID) string {
	return "FOR VALUES FROM ('" + lower.String() + "') TO ('" + upper.String() + "')"
}

// attach makes a table a partition. PostgreSQL gives it the row triggers of the
// log, and those indexes that it does not have yet.
func attach(ctx context.Context, tx pgx.Tx, entries table, name, bound string) error {
	if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sql()+" ATTACH PARTITION "+entries.sibling(name)+" "+bound); err != nil {
		return fmt.Errorf("attaching partition %s: %w", name, err)
	}
	return nil
}
