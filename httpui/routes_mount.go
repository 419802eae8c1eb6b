package httpui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// cleanBase returns a base path with its leading slash and without a trailing
// one; "" stands for a handler mounted at "/" or under http.StripPrefix.
func cleanBase(base string) (string, error) {
	base = strings.TrimRight(base, "/")
	if base == "" {
		return "", nil
	}
	if !strings.HasPrefix(base, "/") || strings.Contains(base, "//") || strings.ContainsAny(base, "?#\\") {
		return "", errors.New(`want a path such as "/admin/audit-logs"`)
	}
	return (&url.URL{Path: base}).EscapedPath(), nil
}

// pathBelow returns an escaped path relative to the base: "" for the bare
// mount, else with a leading slash. A path that does not begin with the base
// has lost it already, to http.StripPrefix or to a proxy.
func pathBelow(base, path string) string {
	below, ok := strings.CutPrefix(path, base)
	if ok && (below == "" || below[0] == '/') {
		return below
	}
	return path
}

// bareMountTarget leads from a mount without its trailing slash to the one
// with it, where the page's relative links work. It is relative, since only
// the client knows the prefix that proxies have taken off.
func bareMountTarget(r *http.Request) string {
	path := r.URL.EscapedPath()
	if asked, err := url.ParseRequestURI(r.RequestURI); err == nil {
		path = asked.EscapedPath() // what http.StripPrefix has not touched
	}
	target := "./"
	if last := path[strings.LastIndexByte(path, '/')+1:]; last != "" {
		target += last + "/"
	}
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	return target
}

// redirect sends the client on to a relative target. http.Redirect would make
// it absolute, with the path that the server sees instead of the client's.
func redirect(w http.ResponseWriter, target string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
}
