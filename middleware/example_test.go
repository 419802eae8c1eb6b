package middleware_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/middleware"
)

type userKey struct{}

// authenticate stands for the host's own: it verifies a session, and puts the
// user into the context.
func authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, "jane@example.com")))
	})
}

func Example() {
	capture, err := middleware.New(middleware.Options{
		Actor: func(r *http.Request) audit.Actor {
			email, _ := r.Context().Value(userKey{}).(string)
			return audit.Actor{Email: email}
		},
		Org:            func(*http.Request) string { return "acme" },
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.3.0/28")},
		ClientIPHeader: "X-Forwarded-For",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api-keys", func(_ http.ResponseWriter, r *http.Request) {
		// trail.Record(r.Context(), store.Tx(tx), audit.Created(key)) finds:
		actor, _ := audit.ActorFrom(r.Context())
		org, _ := audit.OrgFrom(r.Context())
		request, _ := audit.RequestFrom(r.Context())
		fmt.Println(actor.Email, org, request.IP)
	})
	handler := authenticate(capture(mux))

	r := httptest.NewRequest(http.MethodPost, "/api-keys", nil)
	r.RemoteAddr = "10.0.3.2:41234"                               // the proxy
	r.Header.Set("X-Forwarded-For", "203.0.113.66, 198.51.100.7") // the client claimed the first
	handler.ServeHTTP(httptest.NewRecorder(), r)
	// Output: jane@example.com acme 198.51.100.7
}

func ExampleNew_misconfigured() {
	_, err := middleware.New(middleware.Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.3.7/28")},
		ClientIPHeader: "X-Forwarded-For",
	})
	fmt.Println(err)
	// Output: middleware: Options.TrustedProxies[0] is "10.0.3.7/28": has bits beyond its length; write "10.0.3.0/28" for the whole network, or "10.0.3.7/32" for the one address
}

// A job that a request started is recorded under the same actor,
// organization, address and request ID.
func Example_backgroundJob() {
	trail, err := audit.New(audittest.NewStore(), audit.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	capture, err := middleware.New(middleware.Options{
		Actor: func(*http.Request) audit.Actor { return audit.Actor{Email: "jane@example.com"} },
		Org:   func(*http.Request) string { return "acme" },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var queued []byte // beside the job, where the queue keeps it
	handler := capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if queued, err = trail.MarshalContext(r.Context()); err != nil {
			fmt.Println(err)
		}
	}))
	r := httptest.NewRequest(http.MethodPost, "/reports", nil)
	r.RemoteAddr = "198.51.100.7:41234"
	handler.ServeHTTP(httptest.NewRecorder(), r)

	work := func(ctx context.Context) error {
		ctx, err := audit.UnmarshalContext(ctx, queued)
		if err != nil {
			return err
		}
		// trail.Record(ctx, …) finds:
		actor, _ := audit.ActorFrom(ctx)
		org, _ := audit.OrgFrom(ctx)
		request, _ := audit.RequestFrom(ctx)
		fmt.Println(actor.Email, org, request.IP)
		return nil
	}
	if err := work(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output: jane@example.com acme 198.51.100.7
}
