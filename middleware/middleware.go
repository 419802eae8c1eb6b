// Package middleware puts who is asking, for which organization, and from where
// into the context of every HTTP request, where [audit.Log.Record] finds it. It
// is a func(http.Handler) http.Handler, for the standard library's mux, chi,
// gorilla and others.
//
//	capture, err := middleware.New(middleware.Options{
//		// From a verified identity: a session, a checked token. Never from
//		// what the client merely says.
//		Actor: func(r *http.Request) audit.Actor {
//			user := session.User(r.Context())
//			return audit.Actor{ID: user.ID, Email: user.Email}
//		},
//		Org: func(r *http.Request) string { return session.Org(r.Context()) },
//		// Only behind a reverse proxy, and then only the addresses it
//		// connects from.
//		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.3.0/28")},
//		ClientIPHeader: "X-Forwarded-For",
//	})
//	if err != nil {
//		return err
//	}
//	handler := authenticate(capture(mux)) // inside of the authentication
//
// From then on every handler records with the request's own context:
//
//	trail.Record(r.Context(), store.Tx(tx), audit.Updated(before, after))
//
// # Background jobs
//
// A job that outlives its request can keep the same three, as JSON in its
// queue:
//
//	// in the handler
//	metadata, err := trail.MarshalContext(r.Context())
//
//	// in the worker
//	ctx, err = audit.UnmarshalContext(ctx, job.Metadata)
//
// A job that no request started names itself:
//
//	ctx = audit.WithActor(ctx, audit.System("nightly cleanup"))
//
// # Trust
//
// The client is whoever connects, unless the host has named that address as its
// proxy: see [Options.TrustedProxies]. No header is read for the actor or the
// organization.
package middleware

import (
	"net/http"
	"net/netip"

	"github.com/auditkeep/audit"
)

// Options adjusts the middleware. The zero Options is useful: it records the
// connecting peer's address, the user agent and a fresh request ID.
type Options struct {
	// Actor returns who is asking, from an identity that the host has verified.
	// So mount the middleware inside of the authentication. If Actor returns
	// the zero Actor, the context stays as it is, and audit.Config.Actor is
	// asked when something is recorded. Defaults to nobody.
	Actor func(*http.Request) audit.Actor
	// Org returns the organization that the request is for. If it returns "",
	// the context stays as it is. Defaults to none.
	Org func(*http.Request) string

	// TrustedProxies are the networks that the host's own reverse proxies
	// connect from. The headers below are read only from these. Name the
	// proxies, not the network that they share with clients: a client within
	// these networks can claim any address. Defaults to nobody.
	TrustedProxies []netip.Prefix
	// TrustUnixSocket makes every peer on the Unix socket that the host listens
	// on a trusted proxy. Such a peer has no address that TrustedProxies could
	// name. Guard the socket by its file permissions. Defaults to false: then
	// requests over a Unix socket have no IP.
	TrustUnixSocket bool
	// ClientIPHeader names the header into which the trusted proxies put the
	// client's address. They must set it or append to it on every request:
	// otherwise the client can write it. Forwarded (RFC 7239) and headers whose
	// name ends in Forwarded-For are read as lists, from right to left up to
	// the first address that is not a trusted proxy's. Any other, such as
	// X-Real-IP or CF-Connecting-IP, holds one address. Defaults to none: the
	// connecting peer is the client.
	ClientIPHeader string

	// RequestID returns the ID that the host already gave the request, for
	// example chi's middleware.GetReqID or a trace ID, so that the audit log
	// and the host's own logs can be joined. An ID is used if it has 1 to 128
	// of the characters A–Z a–z 0–9 . _ : / + = @ - and is ignored otherwise.
	// Defaults to none.
	RequestID func(*http.Request) string
	// RequestIDHeader names the header into which the trusted proxies put a
	// request ID, such as X-Request-Id. It is read if RequestID returns no ID
	// that can be used. If the proxies pass on what the client sent, clients
	// can choose their IDs. Defaults to none: the request gets a fresh, random
	// ID.
	RequestIDHeader string
}

// New returns middleware that fills the context of each request for
// [audit.Log.Record], by [audit.WithActor], [audit.WithOrg] and
// [audit.WithRequest]. It changes nothing else in the request, and passes the
// ResponseWriter on as it is. It returns an error for options that contradict
// each other, or that can only be a mistake.
//
// A request that the context already carries is kept. So the middleware can be
// mounted twice: outermost for the address, before anything rewrites
// RemoteAddr, and again inside of the authentication for the actor.
//
// A panic in a callback is not recovered: the handler does not run, so nothing
// is recorded under a wrong name, and the host's own recovery, or the server's,
// treats it like any other panic.
func New(o Options) (func(http.Handler) http.Handler, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	c := newCapture(o)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, c.fill(r))
		})
	}, nil
}

// capture is the middleware after its options are checked.
type capture struct {
	actor      func(*http.Request) audit.Actor
	org        func(*http.Request) string
	clientIP   clientIP
	requestIDs requestIDs
}

func newCapture(o Options) *capture {
	proxies := newProxies(o)
	return &capture{
		actor:      o.Actor,
		org:        o.Org,
		clientIP:   newClientIP(o.ClientIPHeader, proxies),
		requestIDs: newRequestIDs(o.RequestID, o.RequestIDHeader, proxies),
	}
}

// fill returns the request with everything that is known of it in its context.
func (c *capture) fill(r *http.Request) *http.Request {
	ctx := r.Context()
	if _, known := audit.RequestFrom(ctx); !known {
		ip, note := c.clientIP.of(r)
		ctx = audit.WithRequest(ctx, audit.Request{
			IP:        ip,
			IPNote:    note,
			ID:        c.requestIDs.of(r),
			UserAgent: r.UserAgent(),
		})
	}
	if c.org != nil {
		if org := c.org(r); org != "" {
			ctx = audit.WithOrg(ctx, org)
		}
	}
	if c.actor != nil {
		if actor := c.actor(r); !actor.IsZero() {
			ctx = audit.WithActor(ctx, actor)
		}
	}
	return r.WithContext(ctx)
}
