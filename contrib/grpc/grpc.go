// Package auditgrpc puts who is asking, for which organization, and from where
// into the context of every call of a gRPC server. [audit.Log.Record] takes it
// from there:
//
//	unary, stream, err := auditgrpc.New(auditgrpc.Options{Actor: currentUser}) // func(context.Context) audit.Actor
//	if err != nil {
//		return nil, err
//	}
//	return grpc.NewServer(grpc.ChainUnaryInterceptor(authenticate, unary), grpc.ChainStreamInterceptor(authenticateStream, stream)), nil
//
// The address is that of the connecting peer. If the host names its proxies,
// package middleware also reads metadata for it, by its own rules.
package auditgrpc

import (
	"context"
	"net/http"
	"net/netip"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/middleware"
)

// Options adjusts the interceptors. The zero Options is useful: it records the
// connecting peer's address, the user agent and a fresh request ID. Fields of
// the same names as in [middleware.Options] mean the same.
type Options struct {
	// Actor returns who is asking, from an identity that the host has verified.
	// So chain the interceptors after the authentication. grpc.Method returns
	// the method of the call. If Actor returns the zero Actor, the context
	// stays as it is. Defaults to nobody.
	Actor func(context.Context) audit.Actor
	// Org returns the organization that the call is for. If it returns "", the
	// context stays as it is. Defaults to none.
	Org func(context.Context) string

	// TrustedProxies are the networks that the host's own proxies connect
	// from. Defaults to nobody: then no metadata is read.
	TrustedProxies []netip.Prefix
	// TrustUnixSocket makes every peer on the Unix socket that the server
	// listens on a trusted proxy. Defaults to false.
	TrustUnixSocket bool
	// ClientIPHeader names the metadata into which the trusted proxies put the
	// client's address, such as "x-forwarded-for". Defaults to none: the
	// connecting peer is the client.
	ClientIPHeader string

	// RequestID returns the ID that the host already gave the call, for
	// example a trace ID. Defaults to none.
	RequestID func(context.Context) string
	// RequestIDHeader names the metadata into which the trusted proxies put a
	// request ID. Defaults to none: the call gets a fresh, random ID.
	RequestIDHeader string
}

// New returns interceptors that fill the context of each call. Options that
// contradict each other are errors. A panic in one of the options' functions is
// not recovered: the handler does not run.
func New(o Options) (grpc.UnaryServerInterceptor, grpc.StreamServerInterceptor, error) {
	capture, err := middleware.New(o.middleware())
	if err != nil {
		return nil, nil, err
	}
	unary := func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return handler(o.fill(ctx, capture), request)
	}
	stream := func(server any, s grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		return handler(server, filledStream{s, o.fill(s.Context(), capture)})
	}
	return unary, stream, nil
}

// middleware returns the options of package middleware that mean the same.
func (o Options) middleware() middleware.Options {
	m := middleware.Options{
		TrustedProxies:  o.TrustedProxies,
		TrustUnixSocket: o.TrustUnixSocket,
		ClientIPHeader:  o.ClientIPHeader,
		RequestIDHeader: o.RequestIDHeader,
	}
	if o.Actor != nil {
		m.Actor = func(r *http.Request) audit.Actor { return o.Actor(r.Context()) }
	}
	if o.Org != nil {
		m.Org = func(r *http.Request) string { return o.Org(r.Context()) }
	}
	if o.RequestID != nil {
		m.RequestID = func(r *http.Request) string { return o.RequestID(r.Context()) }
	}
	return m
}

// fill returns the call's context with everything that is known of it. What a
// call says of itself is put as the request that it is: gRPC's metadata are
// HTTP's headers.
func (o Options) fill(ctx context.Context, capture func(http.Handler) http.Handler) context.Context {
	outer := ctx
	headers := http.Header{}
	for _, name := range []string{"User-Agent", o.ClientIPHeader, o.RequestIDHeader} {
		if values := metadata.ValueFromIncomingContext(ctx, name); name != "" && len(values) > 0 {
			headers[http.CanonicalHeaderKey(name)] = values
		}
	}
	request := &http.Request{Header: headers}
	if p, ok := peer.FromContext(ctx); ok {
		if p.Addr != nil {
			request.RemoteAddr = p.Addr.String()
		}
		if p.LocalAddr != nil {
			outer = context.WithValue(outer, http.LocalAddrContextKey, p.LocalAddr)
		}
	}
	capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx = r.Context()
	})).ServeHTTP(nil, request.WithContext(outer))
	return ctx
}

// filledStream is a stream with another context.
type filledStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context implements [grpc.ServerStream].
func (s filledStream) Context() context.Context { return s.ctx }
