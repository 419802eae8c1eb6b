// Package auditecho puts who is asking, for which organization, and from where
// into the context of the requests that Echo serves, as package middleware
// does:
//
//	capture, err := auditecho.New(middleware.Options{Actor: func(r *http.Request) audit.Actor {
//		email, _ := auditecho.Context(r).Get("user").(string)
//		return audit.Actor{Email: email}
//	}})
//	if err != nil {
//		return err
//	}
//	router.Use(authenticate, capture) // inside of the authentication
//
// Every handler then records with the request's context:
//
//	trail.Record(c.Request().Context(), store.Tx(tx), audit.Updated(before, after))
//
// Mount the page at a route with a wildcard. A second route without it serves
// the address without the slash at its end. httpui's Options.BasePath is the
// same path:
//
//	router.Any("/admin/audit-logs/*", echo.WrapHandler(page))
//	router.Any("/admin/audit-logs", echo.WrapHandler(page))
//
// Name the trusted proxies in middleware.Options. Echo's IPExtractor does not
// change what is recorded.
//
// This is for Echo v5. With v4, use echo.WrapMiddleware on what middleware.New
// returns. The authentication must then keep the user in the request's context.
package auditecho

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/auditkeep/audit/middleware"
)

// New returns package middleware's own middleware for Echo. The options are
// checked as [middleware.New] checks them.
//
// Echo's WrapMiddleware does not serve, for two reasons: it wraps the response
// once more, and its requests do not lead to Echo's context.
func New(o middleware.Options) (echo.MiddlewareFunc, error) {
	capture, err := middleware.New(o)
	if err != nil {
		return nil, err
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) (err error) {
			inner := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				c.SetRequest(r)
				err = next(c)
			})
			ctx := context.WithValue(c.Request().Context(), contextKey{}, c)
			capture(inner).ServeHTTP(c.Response(), c.Request().WithContext(ctx))
			return err
		}
	}, nil
}

type contextKey struct{}

// Context returns Echo's context of a request, for the functions in
// [middleware.Options]: it is where an authentication keeps the user. It is nil
// for a request that did not come through [New]. Do not ask for it after the
// request: Echo uses its contexts again.
func Context(r *http.Request) *echo.Context {
	c, _ := r.Context().Value(contextKey{}).(*echo.Context)
	return c
}
