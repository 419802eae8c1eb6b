package auditecho_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	echomiddleware "github.com/labstack/echo/v5/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	auditecho "github.com/auditkeep/audit/contrib/echo"
	"github.com/auditkeep/audit/internal/webtest"
	"github.com/auditkeep/audit/middleware"
)

// plug is all that a host adds to its setup.
func plug(router *echo.Echo, authenticate echo.MiddlewareFunc) error {
	capture, err := auditecho.New(middleware.Options{Actor: func(r *http.Request) audit.Actor {
		email, _ := auditecho.Context(r).Get("user").(string)
		return audit.Actor{Email: email}
	}})
	if err != nil {
		return err
	}
	router.Use(authenticate, capture) // inside of the authentication
	return nil
}

func TestEcho(t *testing.T) {
	t.Parallel()
	webtest.Run(t, func(t *testing.T, h webtest.Host) http.Handler {
		router := echo.New()
		router.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
		router.Use(echomiddleware.Recover())
		require.NoError(t, plug(router, func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				c.Set("user", c.Request().Header.Get(webtest.UserHeader))
				return next(c)
			}
		}))
		create := func(c *echo.Context) error {
			if err := h.Create(c.Request().Context()); err != nil {
				return err
			}
			return c.NoContent(http.StatusOK)
		}
		router.POST("/create", create)
		router.POST("/refused", create, func(echo.HandlerFunc) echo.HandlerFunc {
			return func(*echo.Context) error { return echo.ErrForbidden }
		})
		router.POST("/panic", func(c *echo.Context) error {
			require.NoError(t, h.Create(c.Request().Context()))
			panic("on purpose")
		})
		router.Any(webtest.Base+"*", echo.WrapHandler(h.Page))
		router.Any(strings.TrimSuffix(webtest.Base, "/"), echo.WrapHandler(h.Page))
		return router
	})
}

func TestMisconfigured(t *testing.T) {
	t.Parallel()
	_, err := auditecho.New(middleware.Options{TrustedProxies: []netip.Prefix{{}}})
	require.ErrorContains(t, err, "TrustedProxies[0]")
	assert.Nil(t, auditecho.Context(httptest.NewRequest(http.MethodGet, "/", nil)))
}
