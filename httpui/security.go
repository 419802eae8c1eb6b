package httpui

import "net/http"

// contentSecurityPolicy allows what the page needs: its own style sheet, its
// own forms, nothing inline. A host's layout has to live with it.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setSecurityHeaders sets what every answer carries, refusals included.
func setSecurityHeaders(header http.Header) {
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer") // the URLs hold emails and IP addresses
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// authorized asks the host. A panic in its hook is a no.
func authorized(authorize func(*http.Request) bool, r *http.Request) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return authorize(r)
}

// isCrossOrigin reports whether a browser sent the request for a page of
// another origin, a sibling subdomain included. Such a page must not cancel an
// export, and must not start one either: an <img> would make the database read
// everything, and leave an entry in the reader's name.
func (h *Handler) isCrossOrigin(r *http.Request) bool {
	// Check lets every GET through, so it is asked as for a POST.
	asPost := *r
	asPost.Method = http.MethodPost
	return h.crossOrigin.Check(&asPost) != nil
}
