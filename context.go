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

// RequestContextKey is for adapters of web frameworks whose contexts find keys
// of type string only, as gin's do. Under it, such a context has a
// func(context.Context) context.Context, which is given the context that was
// asked and returns the context of its request.
const RequestContextKey = "github.com/auditkeep/audit.request_context"

// valueOf returns what a context, or else the context of its request, has under
// a key.
func valueOf(ctx context.Context, key contextKey) any {
	if value := ctx.Value(key); value != nil {
		return value
	}
	if requestContext, ok := ctx.Value(RequestContextKey).(func(context.Context) context.Context); ok {
		if of := requestContext(ctx); of != nil {
			return of.Value(key)
		}
	}
	return nil
}

// ActorFrom returns the actor given to [WithActor].
func ActorFrom(ctx context.Context) (Actor, bool) {
	actor, ok := valueOf(ctx, actorKey).(Actor)
	return actor, ok
}

// WithRequest returns a context in which whatever is recorded came with the request.
func WithRequest(ctx context.Context, request Request) context.Context {
	return context.WithValue(ctx, requestKey, request)
}

// RequestFrom returns the request given to [WithRequest].
func RequestFrom(ctx context.Context) (Request, bool) {
	request, ok := valueOf(ctx, requestKey).(Request)
	return request, ok
}

// WithOrg returns a context in which whatever is recorded or read belongs to
// the organization.
func WithOrg(ctx context.Context, org string) context.Context {
	return context.WithValue(ctx, orgKey, org)
}

// OrgFrom returns the organization given to [WithOrg].
func OrgFrom(ctx context.Context) (string, bool) {
	org, ok := valueOf(ctx, orgKey).(string)
	return org, ok
}
