package postgres

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// readEntry reads an entry from a row's own bytes. pgx's Scan ends a query at
// the first value that it cannot read, such as the time "infinity", so one row
// would hide all others. It is also slower.
func readEntry(r *entrysql.Reader, row pgx.CollectableRow) audit.Entry {
	fields, values := row.FieldDescriptions(), row.RawValues()
	for i := range r.Cells {
		r.Cells[i] = cellOf(fields[i], values[i])
	}
	return r.Entry()
}

func cellOf(field pgconn.FieldDescription, value []byte) entrysql.Cell {
	if value == nil {
		return entrysql.Cell{}
	}
	if field.Format == pgx.BinaryFormatCode {
		return binaryCell(field.DataTypeOID, value)
	}
	switch field.DataTypeOID {
	case pgtype.TimestamptzOID:
		if t, ok := parseTime(string(value)); ok {
			return entrysql.Cell{Kind: entrysql.CellTime, Time: t}
		}
		return entrysql.Cell{Kind: entrysql.CellOther, Text: string(value)}
	case pgtype.Int2OID:
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return entrysql.Cell{Kind: entrysql.CellInt, Int: n}
		}
	}
	return entrysql.Cell{Kind: entrysql.CellText, Text: string(value)}
}

func binaryCell(oid uint32, value []byte) entrysql.Cell {
	switch {
	case oid == pgtype.UUIDOID:
		return entrysql.Cell{Kind: entrysql.CellBytes, Text: string(value)}
	case oid == pgtype.TimestamptzOID && len(value) == 8:
		switch micros := int64(binary.BigEndian.Uint64(value)); micros {
		case math.MaxInt64:
			return entrysql.Cell{Kind: entrysql.CellOther, Text: "infinity"}
		case math.MinInt64:
			return entrysql.Cell{Kind: entrysql.CellOther, Text: "-infinity"}
		default:
			return entrysql.Cell{Kind: entrysql.CellTime, Time: time.UnixMicro(micros + epoch2000).UTC()}
		}
	case oid == pgtype.JSONBOID && len(value) > 0: // a version comes first
		return entrysql.Cell{Kind: entrysql.CellText, Text: string(value[1:])}
	case oid == pgtype.Int2OID && len(value) == 2:
		return entrysql.Cell{Kind: entrysql.CellInt, Int: int64(int16(binary.BigEndian.Uint16(value)))}
	default:
		return entrysql.Cell{Kind: entrysql.CellText, Text: string(value)}
	}
}

// epoch2000 is when PostgreSQL's times begin, in microseconds since 1970.
const epoch2000 = 946_684_800_000_000

// parseTime reads a timestamptz as PostgreSQL writes it in the ISO style, which
// pgx asks for, of any year: "12026-01-02 03:04:05.678+02", "0044-03-15
// 00:00:00+00:53:28 BC".
func parseTime(text string) (t time.Time, ok bool) {
	text, beforeChrist := strings.CutSuffix(text, " BC")
	year, rest, ok := strings.Cut(text, "-")
	n, err := strconv.Atoi(year)
	if !ok || err != nil {
		return t, false
	}
	if beforeChrist {
		n = 1 - n // the year 1 BC comes just before the year 1
	}
	// Any leap year will do, and has all dates but in a year that is none.
	for _, layout := range []string{"2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999-07:00:00"} {
		if t, err = time.Parse(layout, "2000-"+rest); err == nil {
			return time.Date(n, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location()).UTC(), true
		}
	}
	return time.Time{}, false
}
