package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// family returns what was recorded since the last call: organization, action,
// object and parent, and the mark of a parent that is not known.
func (w *watching) family(t *testing.T) (lines []string) {
	t.Helper()
	for _, e := range w.entries(t) {
		line := fmt.Sprint(e.Org, " ", e.Action, " ", e.Object)
		if !e.Parent.IsZero() {
			line += " of " + e.Parent.String()
		}
		if strings.Contains(e.Metadata.JSON(), "missing") {
			line += " " + e.Metadata.JSON()
		}
		lines = append(lines, line)
	}
	return lines
}

func TestWatchRecordsParents(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE lines (id int PRIMARY KEY, org text, order_id bigint, n int)",
		postgres.WatchTable{Name: "lines", Type: "line", OrgColumn: "org", ParentColumns: []string{"order_id"}})
	for _, step := range []struct {
		statement string
		want      []string
	}{
		{"INSERT INTO lines VALUES (1, 'acme', 7), (2, 'acme', NULL), (3, 'acme', 0)", []string{"acme create line 1 of order 7", "acme create line 2", "acme create line 3 of order 0"}},
		{"UPDATE lines SET n = 1 WHERE id = 1", []string{"acme update line 1 of order 7"}},
		{"UPDATE lines SET order_id = 8 WHERE id = 1", []string{"acme update line 1 of order 8"}},
		{"UPDATE lines SET order_id = NULL WHERE id = 1", []string{"acme update line 1 of order 8"}},
		{"UPDATE lines SET n = 2 WHERE id = 1", []string{"acme update line 1"}},
		{"UPDATE lines SET order_id = 9", []string{"acme update line 1 of order 9", "acme update line 2 of order 9", "acme update line 3 of order 9"}},
		{"UPDATE lines SET org = 'globex', order_id = 10 WHERE id = 3", []string{"acme destroy line 3 of order 9", "globex create line 3 of order 10"}},
		{"ALTER TABLE lines RENAME order_id TO purchase", nil},
		{"UPDATE lines SET n = 5 WHERE id = 1", []string{"acme update line 1 of order 9"}},
		{"ALTER TABLE lines DROP purchase", nil},
		{"UPDATE lines SET n = 6 WHERE id = 1", []string{"acme update line 1"}},
		{"ALTER TABLE lines ADD order_id bigint", nil},
		{"DELETE FROM lines WHERE id < 3", []string{"acme destroy line 1", "acme destroy line 2"}},
		{"TRUNCATE lines", []string{"_platform truncate line *"}},
	} {
		w.exec(t, step.statement)
		found := w.family(t)
		assert.ElementsMatch(t, step.want, found, step.statement)
		if strings.Contains(step.statement, "RENAME") {
			assert.Contains(t, strings.Join(w.findings(t), "\n"), `column "order_id", named by WatchTable.ParentColumns, is called "purchase" now`)
			tables, err := w.admin.Watched(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{"purchase"}, tables[0].ParentColumns)
			assert.Equal(t, "order", tables[0].ParentType)
		}
		if strings.Contains(step.statement, "DROP") {
			assert.Contains(t, strings.Join(w.findings(t), "\n"), `named by WatchTable.ParentColumns, is gone: entries have no parent`)
		}
	}
}

// The ID of a parent is the one that the parent's own entries have, for keys of
// every kind.
func TestWatchWritesParentsAsObjects(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for kind, values := range map[string][]string{
		"int": {"1", "-1", "0"}, "numeric": {"1.50"}, "text": {"'a,b\\'", "'" + long + "'"}, "varchar(9)": {"'é'"}, "char(4)": {"'ab'"}, "uuid": {"gen_random_uuid()"},
		"timestamptz": {"'2026-03-01 12:00+02'"}, "date": {"'2026-03-01'"}, "bytea": {"'\\x0102'"}, "boolean": {"true"}, "inet": {"'10.0.0.1'"},
		"float8": {"0.1"}, "mood": {"'good'"}, "word": {"'w'"}, "int[]": {"'{1,2}'"}, "interval": {"'1 day'"}, "name": {"'n'"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := watch(t, `CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN word AS varchar(9) COLLATE "C";
				CREATE TABLE orders (id `+kind+`, second text, PRIMARY KEY (id, second)); CREATE TABLE singles (id `+kind+` PRIMARY KEY, org text);
				CREATE TABLE lines (id int PRIMARY KEY, order_id `+kind+`, second text); CREATE TABLE parts (id int PRIMARY KEY, single_id `+kind+`);`,
				postgres.WatchTable{Name: "orders", Type: "order"})
			ctx := t.Context()
			require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "singles", Type: "single", OrgColumn: "org"}))
			require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "lines", ParentColumns: []string{"order_id", "second"}, ParentType: "order"}))
			require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "parts", ParentColumns: []string{"single_id"}, ParentTable: "singles"}))
			for i, value := range values {
				for _, second := range []string{`'x,y\'`, "''"} {
					w.exec(t, "DELETE FROM lines", "DELETE FROM orders", "INSERT INTO orders VALUES ("+value+", "+second+")", "INSERT INTO lines SELECT 1, id, second FROM orders")
					all := w.entries(t)
					order, line := all[len(all)-2], all[len(all)-1]
					assert.Equal(t, order.Object, line.Parent)
					assert.Equal(t, order.Whole().Object, line.Whole().Parent)
				}
				w.exec(t, "INSERT INTO singles VALUES ("+value+", 'acme')", fmt.Sprintf("INSERT INTO parts SELECT %d, id FROM singles", i+10), "DELETE FROM parts", "DELETE FROM singles")
				all := w.entries(t)
				require.Len(t, all, 4)
				for _, e := range all {
					assert.Equal(t, "acme", e.Org)
				}
				assert.Equal(t, all[0].Whole().Object, all[1].Whole().Parent)
			}
		})
	}
}

const family = `CREATE TABLE customers (id int PRIMARY KEY, org text, name text);
	CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE, n int);
	CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE, no int, n int, PRIMARY KEY (order_id, no));
	CREATE TABLE notes (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE SET NULL, n int);
	INSERT INTO customers VALUES (1, 'acme'), (2, 'globex'), (3, NULL);
	INSERT INTO orders VALUES (10, 1), (20, 2), (30, 3), (40, NULL);
	INSERT INTO lines VALUES (10, 1), (20, 1), (30, 1), (40, 1);`

var generations = []postgres.WatchTable{
	{Name: "customers", Type: "customer", OrgColumn: "org"},
	{Name: "orders", Type: "order", ParentColumns: []string{"customer_id"}, ParentTable: "customers"},
	{Name: "lines", Type: "line", ParentColumns: []string{"order_id"}, ParentTable: "orders"},
	{Name: "notes", Type: "note", ParentColumns: []string{"order_id"}, ParentTable: "orders"},
}

func watchFamily(t *testing.T) *watching {
	t.Helper()
	w := watch(t, family, generations[0])
	for _, table := range generations[1:] {
		require.NoError(t, w.admin.Watch(t.Context(), table))
	}
	return w
}

// A child without an organization takes its parent's, also that of a row from before
// Watch, and also if the parent is deleted first.
func TestWatchTakesTheParentsOrganization(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	step := func(statement string, want ...string) {
		t.Helper()
		w.exec(t, statement)
		assert.ElementsMatch(t, want, w.family(t), statement)
	}
	steps := func() {
		t.Helper()
		step("UPDATE lines SET n = coalesce(n, 0) + 1", "acme update line 10,1 of order 10", "globex update line 20,1 of order 20",
			`_platform update line 30,1 of order 30 {"audit_parent":"missing"}`, `_platform update line 40,1 of order 40 {"audit_parent":"missing"}`)
	}
	steps()
	step("UPDATE lines SET n = 5 WHERE order_id = 20", "globex update line 20,1 of order 20")
	step("INSERT INTO customers VALUES (4, 'initech')", "initech create customer 4")
	step("INSERT INTO orders VALUES (50, 4), (51, 1)", "initech create order 50 of customer 4", "acme create order 51 of customer 1")
	step("INSERT INTO lines VALUES (50, 1), (51, 1)", "initech create line 50,1 of order 50", "acme create line 51,1 of order 51")
	step("INSERT INTO notes VALUES (1, 50), (2, NULL)", "initech create note 1 of order 50", "_platform create note 2")
	// Of another order of another organization: the end for one, the beginning for the other.
	step("UPDATE notes SET order_id = 51 WHERE id = 1", "initech destroy note 1 of order 50", "acme create note 1 of order 51")
	step("UPDATE lines SET order_id = 51, no = 2 WHERE order_id = 50", "initech destroy line 50,1 of order 50", "acme create line 51,2 of order 51")
	// The parent's key changes, and the children's with it.
	w.exec(t, "DELETE FROM notes")
	w.entries(t)
	step("UPDATE orders SET id = 52 WHERE id = 51", "acme destroy order 51 of customer 1", "acme create order 52 of customer 1",
		"acme destroy line 51,1 of order 51", "acme destroy line 51,2 of order 51", "acme create line 52,1 of order 52", "acme create line 52,2 of order 52")
	// A parent that comes later is not known yet. An organization of the context counts.
	w.exec(t, "ALTER TABLE lines ALTER CONSTRAINT lines_order_id_fkey INITIALLY DEFERRED")
	for org, want := range map[string]string{"": "_platform", "acme": "acme"} {
		require.NoError(t, pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
			if org != "" {
				require.NoError(t, postgres.SetContext(audit.WithOrg(t.Context(), org), tx))
			}
			for _, statement := range []string{"DELETE FROM lines WHERE order_id = 70", "DELETE FROM orders WHERE id = 70", "INSERT INTO lines VALUES (70, 1)", "INSERT INTO orders VALUES (70, 4)", "INSERT INTO lines VALUES (70, 2)"} {
				_, err := tx.Exec(t.Context(), statement)
				require.NoError(t, err)
			}
			return nil
		}))
		found := w.family(t)
		if len(found) > 3 { // the second time: that of the parent that is gone says nothing of the next
			found = found[3:]
		}
		assert.Equal(t, []string{want + ` create line 70,1 of order 70 {"audit_parent":"missing"}`, "initech create order 70 of customer 4", "initech create line 70,2 of order 70"}, found)
	}
}

func TestWatchCascadesIntoTheParentsOrganization(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	w.exec(t, "INSERT INTO notes VALUES (1, 10), (2, 20)")
	w.entries(t)
	w.exec(t, "DELETE FROM orders WHERE id = 10")
	assert.ElementsMatch(t, []string{"acme destroy line 10,1 of order 10", "acme update note 1 of order 10", "acme destroy order 10 of customer 1"}, w.family(t))
	w.exec(t, "DELETE FROM customers WHERE id = 2") // over two generations
	assert.ElementsMatch(t, []string{"globex destroy line 20,1 of order 20", "globex update note 2 of order 20", "globex destroy order 20 of customer 2", "globex destroy customer 2"}, w.family(t))

	// Without a foreign key, the child may go long after the parent.
	w.exec(t, "ALTER TABLE lines DROP CONSTRAINT lines_order_id_fkey", "INSERT INTO orders VALUES (60, 1)", "INSERT INTO lines VALUES (60, 1)", "DELETE FROM orders WHERE id = 60", "DELETE FROM customers WHERE id = 1")
	w.entries(t)
	w.exec(t, "DELETE FROM lines WHERE order_id = 60")
	assert.Equal(t, []string{"acme destroy line 60,1 of order 60"}, w.family(t))
}

// When the organization of a parent changes, its children's are of the new one
// from then on. TRUNCATE reads no rows, so it is the platform's.
func TestWatchFollowsTheParentsOrganization(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	w.exec(t, "UPDATE customers SET org = 'initech' WHERE id = 1", "UPDATE lines SET n = 1 WHERE order_id = 10",
		"UPDATE orders SET customer_id = 2 WHERE id = 10", "DELETE FROM lines WHERE order_id = 10", "TRUNCATE orders CASCADE")
	assert.ElementsMatch(t, []string{
		"acme destroy customer 1", "initech create customer 1", "initech update line 10,1 of order 10",
		"initech destroy order 10 of customer 1", "globex create order 10 of customer 2", "globex destroy line 10,1 of order 10",
		"_platform truncate order *", "_platform truncate line *", "_platform truncate note *",
	}, w.family(t))
}

func TestWatchTakesThePartitionedParentsOrganization(t *testing.T) {
	t.Parallel()
	w := watch(t, `CREATE TABLE orders (id int, region text, org text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
		CREATE TABLE orders_eu PARTITION OF orders FOR VALUES IN ('eu'); CREATE TABLE orders_us PARTITION OF orders FOR VALUES IN ('us');
		CREATE TABLE lines (id int, region text, order_id int, PRIMARY KEY (id, region), FOREIGN KEY (order_id, region) REFERENCES orders ON DELETE CASCADE) PARTITION BY LIST (region);
		CREATE TABLE lines_eu PARTITION OF lines FOR VALUES IN ('eu'); CREATE TABLE lines_us PARTITION OF lines FOR VALUES IN ('us');
		INSERT INTO orders VALUES (1, 'eu', 'acme'), (1, 'us', 'globex')`, postgres.WatchTable{Name: "orders", Type: "order", OrgColumn: "org"})
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "lines", Type: "line", ParentColumns: []string{"order_id", "region"}, ParentTable: "orders"}))
	w.exec(t, "INSERT INTO orders VALUES (2, 'us', 'acme')", "INSERT INTO lines VALUES (1, 'eu', 1), (1, 'us', 1), (2, 'us', 2)", "DELETE FROM orders")
	assert.ElementsMatch(t, []string{
		"acme create order 2,us", "acme create line 1,eu of order 1,eu", "globex create line 1,us of order 1,us", "acme create line 2,us of order 2,us",
		"acme destroy order 1,eu", "globex destroy order 1,us", "acme destroy order 2,us",
		"acme destroy line 1,eu of order 1,eu", "globex destroy line 1,us of order 1,us", "acme destroy line 2,us of order 2,us",
	}, w.family(t))
	assert.Empty(t, w.findings(t))
}

// The key of a parent that is gone can be another organization's next. A child that
// is written before the new parent's own triggers ran is in none of the two.
func TestWatchForgetsTheOrganizationOfAKeyThatIsFree(t *testing.T) {
	t.Parallel()
	for _, free := range []string{
		"DELETE FROM customers WHERE id = 2",
		"UPDATE customers SET id = 9 WHERE id = 2",
		"ALTER TABLE customers ADD later int; DELETE FROM customers WHERE id = 2",
		"TRUNCATE customers CASCADE",
	} {
		t.Run(free, func(t *testing.T) {
			t.Parallel()
			w := watchFamily(t)
			w.exec(t, `CREATE FUNCTION first_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO orders VALUES (new.id * 100, new.id); RETURN NULL; END $$`,
				"CREATE TRIGGER first_order AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION first_order()", free)
			lines := strings.Join(w.family(t), "\n")
			if strings.Contains(free, "DELETE") {
				assert.Contains(t, lines, "globex destroy order 20 of customer 2")
			}
			w.exec(t, "INSERT INTO customers VALUES (2, 'acme')")
			assert.ElementsMatch(t, []string{`_platform create order 200 of customer 2 {"audit_parent":"missing"}`, "acme create customer 2"}, w.family(t))
			w.exec(t, "UPDATE orders SET n = 1 WHERE id = 200", "UPDATE customers SET name = 'A' WHERE id = 2", "INSERT INTO orders VALUES (21, 2)")
			assert.ElementsMatch(t, []string{"acme update order 200 of customer 2", "acme update customer 2", "acme create order 21 of customer 2"}, w.family(t))
		})
	}
}

// Two long keys whose short forms are alike are still of two organizations: these
// have the same beginning and the same 32 bits of their digests.
func TestWatchTellsLongKeysOfParentsApart(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE files (path text PRIMARY KEY, org text); CREATE TABLE shares (id int PRIMARY KEY, path text)",
		postgres.WatchTable{Name: "files", Type: "file", OrgColumn: "org"})
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "shares", Type: "share", ParentColumns: []string{"path"}, ParentTable: "files"}))
	seen := map[[4]byte]string{}
	var one, other string
	for i := 0; other == ""; i++ {
		path := strings.Repeat("x", 250) + fmt.Sprintf("%08d", i)
		sum := sha256.Sum256([]byte(path))
		short := [4]byte(sum[:4])
		if first, ok := seen[short]; ok {
			one, other = first, path
		}
		seen[short] = path
	}
	for _, statement := range []string{"INSERT INTO files VALUES ('" + one + "', 'acme'), ('" + other + "', 'globex')", "INSERT INTO shares VALUES (1, '" + one + "'), (2, '" + other + "')"} {
		w.exec(t, statement)
	}
	var lines []string
	for _, line := range w.family(t) {
		if strings.Contains(line, "share") {
			lines = append(lines, line[:strings.Index(line, " of ")])
		}
	}
	assert.ElementsMatch(t, []string{"acme create share 1", "globex create share 2"}, lines)
}
