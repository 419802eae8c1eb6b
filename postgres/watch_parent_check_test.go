package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

func (w *watching) kept(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT count(*) FROM audit_capture_orgs").Scan(&n))
	return n
}

func TestWatchRefusesParentsThatItCannotFollow(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	w.exec(t, "CREATE TABLE other (id int PRIMARY KEY, a_id int, b int, api_key text, parent_id int)", "CREATE TABLE unwatched (id int PRIMARY KEY)")
	for _, c := range []struct {
		table postgres.WatchTable
		want  string
	}{
		{postgres.WatchTable{ParentColumns: []string{"c_id"}}, `field WatchTable.ParentColumns names the column "c_id", which is not there`},
		{postgres.WatchTable{ParentColumns: []string{""}}, `field WatchTable.ParentColumns names the column ""`},
		{postgres.WatchTable{ParentColumns: []string{"a_id", "a_id"}, ParentType: "a"}, `twice`},
		{postgres.WatchTable{ParentColumns: []string{"b"}}, `field WatchTable.ParentType is empty`},
		{postgres.WatchTable{ParentColumns: []string{"a_id", "b"}}, `field WatchTable.ParentType is empty`},
		{postgres.WatchTable{ParentType: "a"}, `field WatchTable.ParentColumns is empty`},
		{postgres.WatchTable{ParentTable: "orders"}, `field WatchTable.ParentColumns is empty`},
		{postgres.WatchTable{ParentColumns: []string{"api_key"}, ParentType: "a"}, `field WatchTable.ParentColumns is the column "api_key", whose values are secrets`},
		{postgres.WatchTable{ParentColumns: []string{"a_id"}, Redact: []string{"a_id"}}, `field WatchTable.ParentColumns is the column "a_id", whose values are secrets`},
		{postgres.WatchTable{ParentColumns: []string{"a_id"}, ParentType: strings.Repeat("x", 256)}, `field WatchTable.ParentType`},
		{postgres.WatchTable{ParentColumns: []string{"a_id"}, ParentTable: "unwatched"}, `which is not a watched table: call Watch for it first`},
		{postgres.WatchTable{ParentColumns: []string{"a_id"}, ParentTable: "nowhere"}, `which is not a watched table`},
		{postgres.WatchTable{ParentColumns: []string{"a_id"}, ParentTable: "lines"}, `the key of`},
		{postgres.WatchTable{ParentColumns: []string{"a_id"}, ParentTable: "orders", ParentType: "basket"}, `is watched with the type "order"`},
		{postgres.WatchTable{ParentColumns: []string{"parent_id"}, ParentTable: "other"}, `the table itself`},
	} {
		c.table.Name = "other"
		require.ErrorContains(t, w.admin.Watch(t.Context(), c.table), c.want)
	}
	w.exec(t, "CREATE TABLE public_orders (id int UNIQUE, public_id uuid PRIMARY KEY, b int, UNIQUE (id, b))",
		"CREATE TABLE public_lines (id int PRIMARY KEY, order_id int REFERENCES public_orders (id), a int REFERENCES public_orders (id), b int, public uuid REFERENCES public_orders, FOREIGN KEY (order_id, b) REFERENCES public_orders (id, b))")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "public_orders", Type: "order"}))
	lines := postgres.WatchTable{Name: "public_lines", ParentColumns: []string{"order_id"}, ParentTable: "public_orders"}
	require.ErrorContains(t, w.admin.Watch(t.Context(), lines), `["order_id"], which reference ["id"] of`)
	lines.ParentColumns = []string{"public"}
	require.NoError(t, w.admin.Watch(t.Context(), lines))
	require.NoError(t, w.admin.Unwatch(t.Context(), "public_lines"))
	w.exec(t, "ALTER TABLE public_orders ALTER b SET NOT NULL, ALTER id SET NOT NULL")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "public_orders", Type: "order", Key: []string{"id", "b"}}))
	lines.ParentColumns = []string{"b", "order_id"}
	require.ErrorContains(t, w.admin.Watch(t.Context(), lines), `which reference ["b" "id"] of`)
	lines.ParentColumns = []string{"order_id", "b"}
	require.NoError(t, w.admin.Watch(t.Context(), lines))
	w.exec(t, "ALTER TABLE public_orders RENAME b TO region")
	require.NoError(t, w.admin.Watch(t.Context(), lines))

	circle := generations[0]
	circle.OrgColumn, circle.ParentColumns, circle.ParentTable = "", []string{"id"}, "orders"
	require.ErrorContains(t, w.admin.Watch(t.Context(), circle), "take their organization from this table")
	require.ErrorContains(t, w.admin.Unwatch(t.Context(), "orders"), `"lines"`)
}

func TestWatchCheckAndUnwatchParents(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	ctx := t.Context()
	assert.Empty(t, w.findings(t))
	assert.Equal(t, 7, w.kept(t), "three customers, four orders")
	tables, err := w.admin.Watched(ctx)
	require.NoError(t, err)
	schema := `"` + w.schema(t) + `".`
	require.Len(t, tables, 4)
	for _, table := range tables {
		if table.Type == "line" {
			assert.Equal(t, schema+`"orders"`, table.ParentTable)
		}
		require.NoError(t, w.admin.Watch(ctx, table), "what Watched returns is what Watch takes")
	}
	assert.Empty(t, w.findings(t))

	// The parent's table gets another name, and columns other names.
	w.exec(t, "ALTER TABLE orders RENAME TO purchases", "ALTER TABLE purchases RENAME id TO number", "ALTER TABLE purchases RENAME customer_id TO buyer",
		"ALTER TABLE customers RENAME org TO tenant", "ALTER TABLE lines RENAME order_id TO purchase", "CREATE TABLE orders (id int, customer_id int)")
	w.exec(t, "INSERT INTO customers VALUES (5, 'hooli')", "INSERT INTO purchases VALUES (90, 5)", "INSERT INTO lines VALUES (90, 1)", "DELETE FROM customers WHERE id = 5")
	for _, line := range w.family(t) {
		assert.True(t, strings.HasPrefix(line, "hooli "), line)
	}
	assert.Contains(t, strings.Join(w.findings(t), "\n"), `column "customer_id", named by WatchTable.ParentColumns, is called "buyer" now`)

	// What is kept follows the parent's configuration.
	again := generations[1]
	again.Name, again.ParentColumns = "purchases", []string{"buyer"}
	require.NoError(t, w.admin.Watch(ctx, again))
	again.Org = "fixed"
	require.NoError(t, w.admin.Watch(ctx, again))
	w.exec(t, "UPDATE lines SET n = 0 WHERE purchase = 10")
	assert.Equal(t, []string{"fixed update line 10,1 of order 10"}, w.family(t))
	assert.Contains(t, strings.Join(w.findings(t), "\n"), "its key column")

	// Another type of the parents is found.
	again.Type = "purchase"
	require.NoError(t, w.admin.Watch(ctx, again))
	assert.Contains(t, strings.Join(w.findings(t), "\n"), `its parents are recorded with the type "order", and are watched with the type "purchase"`)

	// With the last child goes what was kept for it.
	for _, name := range []string{"lines", "notes", "purchases", "customers"} {
		require.NoError(t, w.admin.Unwatch(ctx, name))
	}
	assert.Zero(t, w.kept(t))
}

// A parent's table that is dropped is missed, and one that takes its place serves.
func TestWatchMissesTheParentsTable(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	ctx := t.Context()
	w.exec(t, "DROP TABLE orders CASCADE", "UPDATE lines SET n = 1 WHERE order_id = 10")
	assert.Equal(t, []string{"acme update line 10,1 of order 10"}, w.family(t), "what is known stays known")
	assert.Contains(t, strings.Join(w.findings(t), "\n"), "the table of its WatchTable.ParentTable is not watched any more")
	w.exec(t, "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, n int)", "INSERT INTO orders VALUES (11, 2)")
	for _, table := range generations[1:] {
		require.NoError(t, w.admin.Watch(ctx, table))
	}
	assert.Empty(t, w.findings(t))
	w.exec(t, "INSERT INTO lines VALUES (11, 1)")
	assert.Equal(t, []string{"globex create line 11,1 of order 11"}, w.family(t))
}

// While a transaction records the parent by itself, its organizations are kept.
func TestSkippedParentsAreKept(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	skippable := generations[1]
	skippable.Skippable = true
	require.NoError(t, w.admin.Watch(t.Context(), skippable))
	require.NoError(t, pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		require.NoError(t, postgres.SkipCapture(t.Context(), tx, "order"))
		_, err := tx.Exec(t.Context(), "INSERT INTO orders VALUES (80, 1); INSERT INTO lines VALUES (80, 1)")
		return err
	}))
	assert.Equal(t, []string{"acme create line 80,1 of order 80"}, w.family(t))
}

// The log's owner reads no row of the application's tables: neither policies nor
// missing privileges keep a child from its organization.
func TestParentsBehindRowSecurity(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	host := r.newHost(t)
	ctx := t.Context()
	r.exec(t, r.app, "SET search_path = "+host+"; CREATE TABLE orders (id int PRIMARY KEY, org text); CREATE TABLE lines (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE CASCADE);"+
		"INSERT INTO orders VALUES (1, 'acme'); INSERT INTO lines VALUES (1, 1);"+
		"ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY own ON orders USING (org = current_setting('app.org', true));"+
		"GRANT TRIGGER ON orders, lines TO "+r.ownerName)
	admin := postgres.NewAdmin(r.owner)
	parent := postgres.WatchTable{Name: host + ".orders", Type: "order", OrgColumn: "org"}
	child := postgres.WatchTable{Name: host + ".lines", Type: "line", ParentColumns: []string{"order_id"}, ParentTable: host + ".orders"}
	require.NoError(t, admin.Watch(ctx, parent))
	require.ErrorContains(t, admin.Watch(ctx, child), "needs SELECT on all its rows")
	r.exec(t, r.app, "GRANT SELECT ON "+host+".orders TO "+r.ownerName)
	require.ErrorContains(t, admin.Watch(ctx, child), "row-level security")
	// A superuser may make it, once; nothing is needed later.
	require.NoError(t, postgres.NewAdmin(r.super).WithSchema(r.schema).Watch(ctx, child))
	r.exec(t, r.app, "REVOKE ALL ON "+host+".orders FROM "+r.ownerName)
	r.exec(t, r.app, "SET app.org = 'globex'; INSERT INTO "+host+".orders VALUES (2, 'globex'); INSERT INTO "+host+".lines VALUES (2, 2); DELETE FROM "+host+".orders WHERE id = 2")
	var lines []string
	rows, err := r.super.Query(ctx, "SELECT concat_ws(' ', org_id, action, object_type, object_id, parent_id) FROM "+r.schema+".audit_entries ORDER BY id")
	require.NoError(t, err)
	lines, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"globex create order 2 ", "globex create line 2 2", "globex destroy line 2 2", "globex destroy order 2 "}, lines)
}

func TestParentsAfterDumpAndRestore(t *testing.T) {
	t.Parallel()
	w := watchFamily(t)
	w.exec(t, "ALTER TABLE orders DROP n", "INSERT INTO orders VALUES (15, 1)", "INSERT INTO lines VALUES (15, 1)")
	if !w.dumpAndRestore(t) {
		w.exec(t, "CREATE TABLE lines_before AS TABLE lines")
		w.renumber(t, "lines")
		w.exec(t, "SET session_replication_role = replica; INSERT INTO lines TABLE lines_before; RESET session_replication_role",
			"ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE")
	}
	w.entries(t)
	w.exec(t, "INSERT INTO orders VALUES (16, 2)", "INSERT INTO lines VALUES (16, 1)", "UPDATE lines SET n = 4 WHERE order_id = 15", "DELETE FROM orders WHERE id IN (15, 16)")
	assert.ElementsMatch(t, []string{
		"globex create order 16 of customer 2", "globex create line 16,1 of order 16", "acme update line 15,1 of order 15",
		"acme destroy line 15,1 of order 15", "globex destroy line 16,1 of order 16", "acme destroy order 15 of customer 1", "globex destroy order 16 of customer 2",
	}, w.family(t))
	for _, table := range generations {
		require.NoError(t, w.admin.Watch(t.Context(), table))
	}
	assert.Empty(t, w.findings(t))
}
