package rails

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/auditkeep/audit"
)

// quoted is a table's name in SQL, with its schema where that is given.
func quoted(name string) (string, error) {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part == "" || strings.ContainsAny(part, "\"\x00") {
			return "", fmt.Errorf("rails: Options.Table %q: not a table's name; give one such as \"audits\" or \"legacy.audits\"", name)
		}
		parts[i] = `"` + part + `"`
	}
	return strings.Join(parts, "."), nil
}

// rowID makes an entry's ID from its row: the time, then the row's ID, so that
// rows of one instant keep their order, then which gem it was. An ID that is not
// a whole number of up to 46 bits is hashed.
func rowID(gem string, at time.Time, row string) audit.ID {
	id := audit.FirstID(at)
	var low uint64
	if n, err := strconv.ParseUint(row, 10, 46); err == nil && strconv.FormatUint(n, 10) == row {
		sum := sha256.Sum256([]byte(gem))
		low = n<<16 | uint64(binary.BigEndian.Uint16(sum[:2]))
	} else {
		sum := sha256.Sum256([]byte(gem + "\x00" + row))
		low = binary.BigEndian.Uint64(sum[:8]) & (1<<62 - 1)
	}
	binary.BigEndian.PutUint64(id[8:], 1<<63|low)
	return id
}

// snakeCase writes a Ruby class as an object type.
func snakeCase(class string) string {
	var out strings.Builder
	runes := []rune(strings.ReplaceAll(class, "::", "_"))
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
