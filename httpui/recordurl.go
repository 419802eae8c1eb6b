package httpui

import (
	"net/url"
	"strings"

	"github.com/auditkeep/audit"
)

// recordURLs asks the host once for the pages of all records in the list, and
// keeps the addresses that can be linked to.
func (h *Handler) recordURLs(r *request, entries []audit.Entry) map[audit.Object]string {
	if h.options.RecordURL == nil || len(entries) == 0 {
		return nil
	}
	var objects []audit.Object
	seen := map[audit.Object]bool{}
	for _, entry := range entries {
		if !seen[entry.Object] {
			seen[entry.Object] = true
			objects = append(objects, entry.Object)
		}
	}
	safe := map[audit.Object]string{}
	for object, address := range h.options.RecordURL(r.Context(), objects) {
		if isSafeURL(address) {
			safe[object] = address
		}
	}
	return safe
}

// isSafeURL reports whether an address may become a link: http, https, or a
// path of the same host. Browsers read a backslash as a slash and skip control
// characters, so neither may occur: "/\evil.test" would be another host.
func isSafeURL(address string) bool {
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	if strings.HasPrefix(address, "/") {
		return !strings.HasPrefix(address, "//")
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
