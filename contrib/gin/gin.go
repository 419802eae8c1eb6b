// Package auditgin puts who is asking, for which organization, and from where
// into the context of the requests that gin serves, as package middleware does:
//
//	capture, err := auditgin.New(middleware.Options{Actor: func(r *http.Request) audit.Actor {
//		return audit.Actor{Email: auditgin.Context(r).GetString("user")}
//	}})
//	if err != nil {
//		return err
//	}
//	router.Use(authenticate, capture) // inside of the authentication
//
// Every handler then records with the request's context, or with gin's, with
// and without the engine's ContextWithFallback:
//
//	trail.Record(c.Request.Context(), store.Tx(tx), audit.Updated(before, after))
//	trail.Record(c, store.Tx(tx), audit.Updated(before, after))
//
// A goroutine that outlives its handler needs c.Copy(), since gin reuses its
// contexts.
//
// The page is mounted at one route with a wildcard, with the same path in
// httpui's Options.BasePath:
//
//	router.Any("/admin/audit-logs/*any", gin.WrapH(page))
//
// Name the trusted proxies in middleware.Options. Gin's SetTrustedProxies does
// not change what is recorded.
package auditgin

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/middleware"
)

// New returns package middleware's own middleware for gin. The options are
// checked as [middleware.New] checks them.
func New(o middleware.Options) (gin.HandlerFunc, error) {
	capture, err := middleware.New(o)
	if err != nil {
		return nil, err
	}
	return func(c *gin.Context) {
		next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			c.Request = r
			c.Set(audit.RequestContextKey, requestContext)
			c.Next()
		})
		ctx := context.WithValue(c.Request.Context(), contextKey{}, c)
		capture(next).ServeHTTP(c.Writer, c.Request.WithContext(ctx))
	}, nil
}

// requestContext returns the context of the request that gin's context, or one
// made of it, belongs to. A copy of gin's context has its own request.
var requestContext = func(ctx context.Context) context.Context {
	r, ok := ctx.Value(gin.ContextRequestKey).(*http.Request)
	if !ok || r == nil {
		return nil
	}
	return r.Context()
}

type contextKey struct{}

// Context returns gin's context of a request, for the functions in
// [middleware.Options]: it is where an authentication keeps the user. It is nil
// for a request that did not come through [New]. Do not ask for it after the
// request: gin uses its contexts again.
func Context(r *http.Request) *gin.Context {
	c, _ := r.Context().Value(contextKey{}).(*gin.Context)
	return c
}
