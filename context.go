package audit

import (
	"context"
	"net/netip"
)

// PlatformOrg is the organization of what belongs to none: a failed login, a
// setting of the installation.
const PlatformOrg = "_platform"

type contextKey int

const (
	actorKey contextKey = iota
	requestKey
	orgKey
)

// Request is what is known of the request that caused a change. The
// middleware fills it; a background job can carry one over from the request
// that started it.
type Request struct {
	// IP is the client's address; the zero Addr means unknown.
	IP netip.Addr
	// IPNote says why IP is not what a proxy claimed, for example that the
	// header could not be read. It is kept in the entry's metadata as "ip_note".
	IPNote string
	// ID ties together all entries of one request.
	ID string
	// UserAgent is cut to 512 bytes when recorded; then it ends in "…".
	UserAgent string
}

// WithActor returns a context in which whatever is recorded was done by the actor.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey, actor)
}

// ActorFrom returns the actor given to [WithActor].
func ActorFrom(ctx context.Context) (Actor, bool) {
	actor, ok := ctx.Value(actorKey).(Actor)
	return actor, ok
}

// WithRequest returns a context in which whatever is recorded came with the request.
func WithRequest(ctx context.Context, request Request) context.Context {
	return context.WithValue(ctx, requestKey, request)
}

// RequestFrom returns the request given to [WithRequest].
func RequestFrom(ctx context.Context) (Request, bool) {
	request, ok := ctx.Value(requestKey).(Request)
	return request, ok
}

// WithOrg returns a context in which whatever is recorded or read belongs to
// the organization.
func WithOrg(ctx context.Context, org string) context.Context {
	return context.WithValue(ctx, orgKey, org)
}

// OrgFrom returns the organization given to [WithOrg].
func OrgFrom(ctx context.Context) (string, bool) {
	org, ok := ctx.Value(orgKey).(string)
	return org, ok
}
