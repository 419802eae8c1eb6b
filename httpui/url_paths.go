package httpui

import (
	"net/url"
	"strings"

	"github.com/auditkeep/audit"
)

// entryPath and objectPath are addresses relative to the base.
func entryPath(id audit.ID) string { return "entries/" + id.String() }

func objectPath(o audit.Object) string {
	return "objects/" + escapeSegment(o.Type) + "/" + escapeSegment(o.ID)
}

// escapeSegment writes a text as one segment of a path. Servers and browsers take
// segments that are empty, "." or ".." as steps, however they are escaped, so
// those get a tilde in front, as do those that would then be taken for them.
func escapeSegment(text string) string {
	if isStep(strings.TrimLeft(text, "~")) {
		text = "~" + text
	}
	return url.PathEscape(text)
}

// parseSegment reads what escapeSegment wrote. Any other text stands for itself.
func parseSegment(escaped string) (string, error) {
	text, err := url.PathUnescape(escaped)
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(text, "~"); ok && isStep(strings.TrimLeft(rest, "~")) {
		return rest, nil
	}
	return text, nil
}

func isStep(text string) bool { return text == "" || text == "." || text == ".." }
