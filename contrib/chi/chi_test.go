// Package auditchi holds no code: package middleware fits chi as it is. Its
// test shows how, and that it does.
package auditchi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/webtest"
	"github.com/auditkeep/audit/middleware"
)

type userKey struct{}

// authenticate stands for the host's own.
func authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, r.Header.Get(webtest.UserHeader))))
	})
}

// plug is all that a host adds to its setup.
func plug(router chi.Router) error {
	capture, err := middleware.New(middleware.Options{
		Actor: func(r *http.Request) audit.Actor {
			email, _ := r.Context().Value(userKey{}).(string)
			return audit.Actor{Email: email}
		},
		RequestID: func(r *http.Request) string { return chimiddleware.GetReqID(r.Context()) },
	})
	if err != nil {
		return err
	}
	router.Use(chimiddleware.RequestID, authenticate, capture) // inside of the authentication
	return nil
}

func TestChi(t *testing.T) {
	t.Parallel()
	webtest.Run(t, func(t *testing.T, h webtest.Host) http.Handler {
		router := chi.NewRouter()
		router.Use(chimiddleware.Recoverer)
		require.NoError(t, plug(router))
		create := func(w http.ResponseWriter, r *http.Request) {
			if err := h.Create(r.Context()); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}
		router.Post("/create", create)
		router.With(func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
		}).Post("/refused", create)
		router.Post("/panic", func(w http.ResponseWriter, r *http.Request) {
			create(w, r)
			panic("on purpose")
		})
		router.Mount(strings.TrimSuffix(webtest.Base, "/"), h.Page)
		return router
	})
}
