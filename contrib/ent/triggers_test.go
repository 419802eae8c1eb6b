package auditent_test

import (
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/contrib/ent/internal/example/pet"
)

// TestTriggersOfTheDatabase: what they make of a row that ent writes is
// recorded, and a row that they keep from a statement is not.
func TestTriggersOfTheDatabase(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		query := "CREATE TRIGGER keep BEFORE DELETE ON pets WHEN old.name = 'keep' BEGIN SELECT RAISE(IGNORE); END; " +
			"CREATE TRIGGER frozen BEFORE UPDATE ON pets WHEN old.name = 'keep' BEGIN SELECT RAISE(IGNORE); END; " +
			"CREATE TRIGGER shout AFTER INSERT ON pets BEGIN UPDATE pets SET name = upper(name) WHERE id = new.id AND name = 'loud'; END"
		if w.dialect == dialect.Postgres {
			query = "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF OLD.name = ''keep'' THEN RETURN NULL; END IF; RETURN coalesce(NEW, OLD); END'; " +
				"CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON pets FOR EACH ROW EXECUTE FUNCTION keep(); " +
				"CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.name = ''loud'' THEN UPDATE pets SET name = upper(name) WHERE id = NEW.id; END IF; RETURN NULL; END'; " +
				"CREATE TRIGGER shout AFTER INSERT ON pets FOR EACH ROW EXECUTE FUNCTION shout()"
		}
		_, err := w.db.ExecContext(t.Context(), query)
		require.NoError(t, err)
		ctx, c := t.Context(), w.client.Pet
		c.CreateBulk(c.Create().SetName("keep"), c.Create().SetName("go"), c.Create().SetName("loud")).ExecX(ctx)
		c.Update().Where(pet.NameIn("keep", "go")).SetName("gone").ExecX(ctx)
		_, err = c.Delete().Where(pet.NameIn("keep", "gone")).Exec(ctx)
		require.NoError(t, err)
		var lines []string
		for _, e := range w.entries(t) {
			lines = append(lines, brief(e))
		}
		assert.Equal(t, []string{
			`create pet 1: name "keep"`, `create pet 2: name "go"`, `create pet 3: name "LOUD"`,
			`update pet 2: name "go"→"gone"`, `destroy pet 2: name "gone"`,
		}, lines)
		assert.Equal(t, []int{1, 3}, w.plain.Pet.Query().Order(pet.ByID()).IDsX(ctx))
	})
}
