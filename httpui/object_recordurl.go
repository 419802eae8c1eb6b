package httpui

import (
	"net/url"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/stored"
)

// recordURLs asks the host once for the pages of all records, which it gets
// with the whole of their IDs. It keeps the addresses that can be linked to,
// each under the object as its entries have it.
func (rd *reader) recordURLs(r *request, wholes ...audit.Object) map[audit.Object]string {
	if rd.recordURL == nil || len(wholes) == 0 {
		return nil
	}
	var objects []audit.Object
	seen := map[audit.Object]bool{}
	for _, object := range wholes {
		if !seen[object] {
			seen[object] = true
			objects = append(objects, object)
		}
	}
	safe := map[audit.Object]string{}
	for object, address := range rd.recordURL(r.Context(), objects) {
		if isSafeURL(address) {
			safe[storedObject(object)] = address
		}
	}
	return safe
}

// storedObject returns the object with its ID in the form in which entries have
// it, whole or cut.
func storedObject(o audit.Object) audit.Object {
	o.ID = stored.Key(o.ID, stored.ObjectID)
	return o
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
