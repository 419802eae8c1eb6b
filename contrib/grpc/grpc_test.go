package auditgrpc_test

import (
	"context"
	"database/sql"
	"net"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	auditgrpc "github.com/auditkeep/audit/contrib/grpc"
	"github.com/auditkeep/audit/sqlite"
)

type userKey struct{}

func currentUser(ctx context.Context) audit.Actor {
	email, _ := ctx.Value(userKey{}).(string)
	return audit.Actor{Email: email}
}

// verify stands for the host's own authentication.
func verify(ctx context.Context) (context.Context, error) {
	user := metadata.ValueFromIncomingContext(ctx, "test-user")
	if len(user) == 0 {
		return nil, status.Error(codes.Unauthenticated, "who are you?")
	}
	return context.WithValue(ctx, userKey{}, user[0]), nil
}

func authenticate(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := verify(ctx)
	if err != nil {
		return nil, err
	}
	return next(ctx, request)
}

type verified struct {
	grpc.ServerStream
	ctx context.Context
}

func (v verified) Context() context.Context { return v.ctx }

func authenticateStream(server any, s grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := verify(s.Context())
	if err != nil {
		return err
	}
	return next(server, verified{s, ctx})
}

// plug is all that a host adds to its setup.
func plug() (*grpc.Server, error) {
	unary, stream, err := auditgrpc.New(auditgrpc.Options{Actor: currentUser}) // func(context.Context) audit.Actor
	if err != nil {
		return nil, err
	}
	return grpc.NewServer(grpc.ChainUnaryInterceptor(authenticate, unary), grpc.ChainStreamInterceptor(authenticateStream, stream)), nil
}

// service records in both kinds of calls.
type service struct {
	health.UnimplementedHealthServer
	log *audit.Log
}

func (s service) record(ctx context.Context, r *health.HealthCheckRequest) error {
	return s.log.RecordDetached(ctx, audit.Performed("check", audit.Object{Type: "service", ID: r.GetService()}))
}

func (s service) Check(ctx context.Context, r *health.HealthCheckRequest) (*health.HealthCheckResponse, error) {
	return &health.HealthCheckResponse{}, s.record(ctx, r)
}

func (s service) Watch(r *health.HealthCheckRequest, stream health.Health_WatchServer) error {
	return s.record(stream.Context(), r)
}

func newLog(t *testing.T) *audit.Log {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "audit.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	return log
}

// serve serves on a socket, and returns a client of it.
func serve(t *testing.T, server *grpc.Server, log *audit.Log, network, address string) health.HealthClient {
	t.Helper()
	health.RegisterHealthServer(server, service{log: log})
	listener, err := net.Listen(network, address)
	require.NoError(t, err)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	target := listener.Addr().String()
	if network == "unix" {
		target = "unix:" + target
	}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUserAgent("test/1"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return health.NewHealthClient(conn)
}

// call makes one call of each kind, and returns what they recorded.
func call(t *testing.T, log *audit.Log, client health.HealthClient, sent ...string) []audit.Entry {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), append(sent, "test-user", "dana@acme.test")...)
	request := &health.HealthCheckRequest{Service: "x"}
	_, err := client.Check(ctx, request)
	require.NoError(t, err)
	stream, err := client.Watch(ctx, request)
	require.NoError(t, err)
	_, err = stream.Recv()
	require.ErrorContains(t, err, "EOF")

	var entries []audit.Entry
	for e, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		assert.Equal(t, "dana@acme.test", e.Actor.Email)
		assert.Contains(t, e.UserAgent, "test/1")
		entries = append(entries, e)
	}
	require.Len(t, entries, 2, "the unary call and the stream")
	return entries
}

func TestPeer(t *testing.T) {
	t.Parallel()
	log := newLog(t)
	server, err := plug()
	require.NoError(t, err)
	client := serve(t, server, log, "tcp", "127.0.0.1:0")
	_, err = client.Check(t.Context(), &health.HealthCheckRequest{Service: "x"})
	require.Equal(t, codes.Unauthenticated, status.Code(err))

	entries := call(t, log, client, "x-forwarded-for", "203.0.113.66", "forwarded", "for=203.0.113.66", "x-request-id", "forged")
	for _, e := range entries {
		assert.Equal(t, "127.0.0.1", e.IP.String())
		assert.Len(t, e.RequestID, 26)
		assert.True(t, e.Metadata.IsAbsent())
	}
	assert.NotEqual(t, entries[0].RequestID, entries[1].RequestID)
}

func TestTrustedProxy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		network string
		options auditgrpc.Options
	}{
		"TCP":           {"tcp", auditgrpc.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}},
		"a Unix socket": {"unix", auditgrpc.Options{TrustUnixSocket: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newLog(t)
			o := test.options
			o.Actor, o.ClientIPHeader, o.RequestIDHeader = currentUser, "x-forwarded-for", "x-request-id"
			o.Org = func(ctx context.Context) string {
				method, _ := grpc.Method(ctx)
				assert.Contains(t, []string{"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"}, method)
				return "acme"
			}
			o.RequestID = func(context.Context) string { return "" }
			unary, stream, err := auditgrpc.New(o)
			require.NoError(t, err)
			server := grpc.NewServer(grpc.ChainUnaryInterceptor(authenticate, unary), grpc.ChainStreamInterceptor(authenticateStream, stream))
			address := "127.0.0.1:0"
			if test.network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			for _, e := range call(t, log, serve(t, server, log, test.network, address), "x-forwarded-for", "203.0.113.66, 198.51.100.7", "x-request-id", "theirs-1") {
				assert.Equal(t, "198.51.100.7", e.IP.String())
				assert.Equal(t, "theirs-1", e.RequestID)
			}
		})
	}
}

func TestMisconfigured(t *testing.T) {
	t.Parallel()
	_, _, err := auditgrpc.New(auditgrpc.Options{ClientIPHeader: "x-forwarded-for"})
	require.ErrorContains(t, err, "Options.ClientIPHeader")
}
