package auditgorm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// What is recorded of a record's life.
func TestOneRecord(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		m := Member{Name: "Ada", Email: ptr("ada@acme.test"), Password: "secret", Home: Address{City: "Bern", Code: "3000"}, Note: "not stored"}
		require.NoError(t, w.Create(&m).Error)
		m.Name, m.Password = "Ada L.", "changed"
		require.NoError(t, w.Save(&m).Error)
		require.NoError(t, w.Save(&m).Error) // changes updated_at only, which is not recorded
		require.NoError(t, w.Model(&m).Update("name", "Ada Lovelace").Error)
		require.NoError(t, w.Model(&m).Updates(Member{Home: Address{City: "London"}, Logins: 5}).Error)
		require.NoError(t, w.Model(&m).UpdateColumn("logins", gorm.Expr("logins + ?", 2)).Error)
		require.NoError(t, w.Delete(&m).Error)
		require.NoError(t, w.Unscoped().Model(&m).Update("deleted_at", nil).Error)
		require.NoError(t, w.Unscoped().Delete(&m).Error)

		all := w.recorded(t)
		require.Len(t, all, 8)
		assert.Equal(t, []string{
			`create member 1: deleted_at=null team_id=null name="Ada" email="ada@acme.test" logins=3 password={"$audit":"redacted"} home_city="Bern"`,
			`update member 1: name "Ada"→"Ada L." password {"$audit":"redacted"}→{"$audit":"redacted"}`,
			`update member 1: name "Ada L."→"Ada Lovelace"`,
			`update member 1: logins 3→5 home_city "Bern"→"London"`,
			`update member 1: logins 5→7`,
			`destroy member 1: deleted_at=null team_id=null name="Ada Lovelace" email="ada@acme.test" logins=7 password={"$audit":"redacted"} home_city="London"`,
		}, all[:6])
		assert.Regexp(t, `^update member 1: deleted_at "2.*Z"→null$`, all[6])
		assert.Regexp(t, `^destroy member 1: deleted_at=null`, all[7])
	})
}

// Statements on many rows record each of them.
func TestManyRows(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		teams := []Team{{Name: "a"}, {Name: "b"}, {Name: "c"}}
		require.NoError(t, w.CreateInBatches(&teams, 2).Error)
		assert.Equal(t, []string{`create team 1: name="a"`, `create team 2: name="b"`, `create team 3: name="c"`}, w.recorded(t))

		require.NoError(t, w.Model(&Team{}).Where("name <> ?", "b").Update("name", "x").Error)
		assert.ElementsMatch(t, []string{`update team 1: name "a"→"x"`, `update team 3: name "c"→"x"`}, w.since(t, 3))

		in := w.Model(&Team{}).Select("id").Where("name = ?", "x")
		require.NoError(t, w.Model(&Team{}).Where("id IN (?)", in).Or("name = ?", "none").UpdateColumn("name", gorm.Expr("name || ?", "!")).Error)
		assert.ElementsMatch(t, []string{`update team 1: name "x"→"x!"`, `update team 3: name "x"→"x!"`}, w.since(t, 5))

		require.NoError(t, w.Table("teams AS t").Model(&Team{}).Where("t.id = ?", 2).Delete(&Team{}).Error, "an alias")
		require.NoError(t, w.Delete(&Team{}, []int{1, 2}).Error)
		assert.Equal(t, []string{`destroy team 2: name="b"`, `destroy team 1: name="x!"`}, w.since(t, 7))

		require.ErrorIs(t, w.Model(&Team{}).Update("name", "all").Error, gorm.ErrMissingWhereClause)
		require.ErrorIs(t, w.Delete(&Member{}).Error, gorm.ErrMissingWhereClause)
		require.NoError(t, w.Session(&gorm.Session{AllowGlobalUpdate: true}).Delete(&Team{}).Error)
		assert.Equal(t, []string{`destroy team 3: name="x!"`}, w.since(t, 9))
		require.NoError(t, w.Model(&Team{}).Where("name = 'none'").Update("name", "y").Error)
		assert.Empty(t, w.since(t, 10))
	})
}

// Only what a statement really stored is recorded.
func TestSelectAndOmit(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		m := Member{Name: "Ada", Email: ptr("ada@acme.test")}
		require.NoError(t, w.Omit("Email").Create(&m).Error)
		require.NoError(t, w.Model(&m).Select("Logins").Updates(Member{Name: "Eve", Logins: 0}).Error)
		require.NoError(t, w.Model(&Team{}).Create(map[string]any{"Name": gorm.Expr("upper(?)", "map")}).Error)
		assert.Equal(t, []string{
			`create member 1: deleted_at=null team_id=null name="Ada" email=null logins=3 password={"$audit":"redacted"} home_city=""`,
			`update member 1: logins 3→0`,
			`create team 1: name="MAP"`,
		}, w.recorded(t))

		// Of many maps, GORM knows the keys only where its driver returns them.
		err := w.Model(&Team{}).Create(&[]map[string]any{{"name": "x"}, {"name": "y"}}).Error
		if err != nil {
			require.ErrorContains(t, err, "GORM does not know the primary key that the database gave")
			assert.Empty(t, w.since(t, 3))
			return
		}
		assert.Equal(t, []string{`create team 2: name="x"`, `create team 3: name="y"`}, w.since(t, 3))
	})
}

// Each row of an association or a join table has its own entry.
func TestAssociations(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		m := Member{Name: "Ada", Team: &Team{Name: "math"}, Skills: []Skill{{Name: "poetry"}}}
		require.NoError(t, w.Create(&m).Error)
		assert.Equal(t, []string{
			`create team 1: name="math"`,
			`create member 1: deleted_at=null team_id=1 name="Ada" email=null logins=3 password={"$audit":"redacted"} home_city=""`,
			`create skill 1: name="poetry"`,
			`create member_skills 1,1:`,
		}, w.recorded(t))

		m.Name = "Ada L."
		require.NoError(t, w.Save(&m).Error, "with associations that exist")
		assert.Equal(t, []string{`update member 1: name "Ada"→"Ada L."`}, w.since(t, 4))

		require.NoError(t, w.Model(&m).Association("Skills").Replace(&Skill{Name: "engines"}))
		assert.ElementsMatch(t, []string{`create skill 2: name="engines"`, `create member_skills 1,2:`, `destroy member_skills 1,1:`}, w.since(t, 5))
		require.NoError(t, w.Model(&Team{ID: 1}).Association("Members").Clear())
		assert.Equal(t, []string{`update member 1: team_id 1→null`}, w.since(t, 8))
		require.NoError(t, w.Select("Skills").Delete(&m).Error)
		assert.Len(t, w.since(t, 9), 2)
		assert.Equal(t, `destroy member_skills 1,2:`, w.since(t, 9)[0])
	})
}

// An INSERT … ON CONFLICT creates or updates, or does nothing.
func TestUpsert(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		require.NoError(t, w.Create(&Skill{Name: "a"}).Error)
		byName := clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.Assignments(map[string]any{"name": "A"})}
		require.NoError(t, w.Clauses(byName).Create([]*Skill{{Name: "a"}, {Name: "b"}}).Error)
		assert.ElementsMatch(t, []string{`update skill 1: name "a"→"A"`}, filter(w.since(t, 1), "update"))
		assert.Len(t, filter(w.since(t, 1), `name="b"`), 1)

		before := len(w.recorded(t))
		require.NoError(t, w.Clauses(clause.OnConflict{DoNothing: true}).Create([]*Skill{{Name: "b"}, {Name: "c"}}).Error)
		created := w.since(t, before)
		require.Len(t, created, 1)
		assert.Contains(t, created[0], `name="c"`)

		require.NoError(t, w.Save(&Setting{Scope: "x", Key: "y", Value: map[string]string{"k": "v"}}).Error, "Save creates")
		require.NoError(t, w.Save([]Setting{{Scope: "x", Key: "y", Value: map[string]string{"k": "w"}}, {Scope: "x,", Key: "y"}}).Error)
		assert.Equal(t, []string{
			`create setting x,y: value.k="v" until=null`,
			`update setting x,y: value.k "v"→"w"`,
			`create setting x\,,y: value=null until=null`,
		}, w.since(t, before+1))
	})
}

// A model's own say, and columns by other names.
func TestModelsOwnNames(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, w world) {
		require.NoError(t, w.Create(&Odd{Number: 1, Text: "one"}).Error)
		require.NoError(t, w.Model(&Odd{Number: 1}).Update("words", "uno").Error)
		assert.Equal(t, []string{
			`create oddity no-1: number=1 text={"$audit":"redacted"}`,
			`update oddity no-1: text {"$audit":"redacted"}→{"$audit":"redacted"}`,
		}, w.recorded(t))

		until := time.Date(2026, 11, 23, 12, 0, 0, 123_456_789, time.FixedZone("", 3600))
		require.NoError(t, w.Create(&Setting{Scope: "a", Key: "b", Until: &until}).Error)
		require.NoError(t, w.Model(&Setting{Scope: "a", Key: "b"}).Updates(Setting{Value: map[string]string{"k": "v"}}).Error)
		assert.Contains(t, w.since(t, 2)[0], `until="2026-11-23T11:00:00.12345`)
		assert.Equal(t, `update setting a,b: value null→{"k":"v"}`, w.since(t, 2)[1])
	})
}

func filter(lines []string, part string) (found []string) {
	for _, line := range lines {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return found
}
