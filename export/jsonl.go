package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/auditkeep/audit/internal/display"
)

// writeJSONLines writes one entry a line, all that was recorded of it, in the
// form that [audit.Entry.UnmarshalJSON] reads. If the file is cut, a last
// line says so: {"$audit":"cut","rows":…,"matching":…}.
func writeJSONLines(w io.Writer, rows *feed, r Report) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for entry := range rows.all() {
		text, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("entry %s: %w", entry.ID, err)
		}
		if _, err := out.Write(append(asciiEscapes(text), '\n')); err != nil {
			return err
		}
	}
	if rows.Cut {
		note := struct {
			Mark     string `json:"$audit"`
			Rows     int    `json:"rows"`
			Matching int    `json:"matching,omitempty"`
		}{"cut", rows.Rows, r.Matching}
		text, err := json.Marshal(note)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// asciiEscapes escapes in JSON what a reader would not see, without changing
// what the JSON means.
func asciiEscapes(text []byte) []byte {
	out, start := []byte(nil), 0
	for i := 0; i < len(text); {
		if text[i] < 0x7f { // JSON has no control characters left but this one
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if !display.IsVisible(r, size) {
			out = append(out, text[start:i]...)
			if high, low := utf16.EncodeRune(r); r > 0xffff {
				out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
			start = i + size
		}
		i += size
	}
	if start == 0 {
		return text
	}
	return append(out, text[start:]...)
}
