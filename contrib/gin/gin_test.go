package auditgin_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	auditgin "github.com/auditkeep/audit/contrib/gin"
	"github.com/auditkeep/audit/internal/webtest"
	"github.com/auditkeep/audit/middleware"
)

// plug is all that a host adds to its setup.
func plug(router *gin.Engine, authenticate gin.HandlerFunc) error {
	capture, err := auditgin.New(middleware.Options{Actor: func(r *http.Request) audit.Actor {
		return audit.Actor{Email: auditgin.Context(r).GetString("user")}
	}})
	if err != nil {
		return err
	}
	router.Use(authenticate, capture) // inside of the authentication
	return nil
}

func TestGin(t *testing.T) {
	t.Parallel()
	gin.SetMode(gin.ReleaseMode)
	for name, test := range map[string]struct {
		fallback bool
		of       func(*gin.Context) context.Context
	}{
		"the request's context":    {false, func(c *gin.Context) context.Context { return c.Request.Context() }},
		"gin's context":            {false, func(c *gin.Context) context.Context { return c }},
		"gin's, with the fallback": {true, func(c *gin.Context) context.Context { return c }},
		"one made of gin's":        {false, func(c *gin.Context) context.Context { return context.WithoutCancel(c) }},
		"a copy of gin's":          {false, func(c *gin.Context) context.Context { return c.Copy() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testGin(t, test.fallback, test.of)
		})
	}
}

func testGin(t *testing.T, fallback bool, of func(*gin.Context) context.Context) {
	t.Helper()
	webtest.Run(t, func(t *testing.T, h webtest.Host) http.Handler {
		router := gin.New()
		router.ContextWithFallback = fallback
		router.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
		require.NoError(t, plug(router, func(c *gin.Context) { c.Set("user", c.GetHeader(webtest.UserHeader)) }))
		create := func(c *gin.Context) {
			if err := h.Create(of(c)); err != nil {
				_ = c.AbortWithError(http.StatusInternalServerError, err)
			}
		}
		router.POST("/create", create)
		router.POST("/refused", func(c *gin.Context) { c.AbortWithStatus(http.StatusForbidden) }, create)
		router.POST("/panic", create, func(*gin.Context) { panic("on purpose") })
		router.Any(webtest.Base+"*any", gin.WrapH(h.Page))
		return router
	})
}

// What a later handler puts into the request's context counts, and a copy still
// knows who asked when gin uses its context again.
func TestLaterAndLonger(t *testing.T) {
	t.Parallel()
	router := gin.New()
	require.NoError(t, plug(router, func(c *gin.Context) { c.Set("user", c.GetHeader(webtest.UserHeader)) }))
	copies := make(chan *gin.Context, 2)
	router.GET("/", func(c *gin.Context) {
		if c.GetHeader("As") != "" {
			c.Request = c.Request.WithContext(audit.WithActor(c.Request.Context(), audit.Actor{Email: c.GetHeader("As")}))
			actor, _ := audit.ActorFrom(c)
			assert.Equal(t, c.GetHeader("As"), actor.Email)
		}
		copies <- c.Copy()
	})
	ask := func(user, as string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set(webtest.UserHeader, user)
		r.Header.Set("As", as)
		router.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("dana@acme.test", "")
	ask("ada@acme.test", "eve@acme.test")
	for _, want := range []string{"dana@acme.test", "eve@acme.test"} {
		actor, _ := audit.ActorFrom(<-copies)
		assert.Equal(t, want, actor.Email)
	}
}

func TestMisconfigured(t *testing.T) {
	t.Parallel()
	_, err := auditgin.New(middleware.Options{TrustedProxies: []netip.Prefix{{}}})
	require.ErrorContains(t, err, "TrustedProxies[0]")
	assert.Nil(t, auditgin.Context(httptest.NewRequest(http.MethodGet, "/", nil)))
}
