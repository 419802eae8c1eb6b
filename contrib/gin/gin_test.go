package auditgin_test

import (
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
	webtest.Run(t, func(t *testing.T, h webtest.Host) http.Handler {
		router := gin.New()
		router.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
		require.NoError(t, plug(router, func(c *gin.Context) { c.Set("user", c.GetHeader(webtest.UserHeader)) }))
		create := func(c *gin.Context) {
			if err := h.Create(c.Request.Context()); err != nil {
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

func TestMisconfigured(t *testing.T) {
	t.Parallel()
	_, err := auditgin.New(middleware.Options{TrustedProxies: []netip.Prefix{{}}})
	require.ErrorContains(t, err, "TrustedProxies[0]")
	assert.Nil(t, auditgin.Context(httptest.NewRequest(http.MethodGet, "/", nil)))
}
