package main

import (
	"context"
	"net/http"
	"slices"

	"github.com/auditkeep/audit"
)

// demoUser is somebody to be signed in as. A real application has sessions;
// this one has a cookie that names the user, and a switch.
type demoUser struct {
	ID, Email, Org string
}

// demoUsers are people of two organizations; the first one is signed in at the start.
var demoUsers = []demoUser{
	{"1", "dana@acme.test", "acme"},
	{"2", "sam@acme.test", "acme"},
	{"3", "kim@acme.test", "acme"},
	{"4", "o'neil+ops@acme.test", "acme"},
	{"5", "ava@globex.test", "globex"},
	{"6", "ben@globex.test", "globex"},
}

var organizations = map[string]string{"acme": "Acme Inc.", "globex": "Globex"}

const userCookie = "quickstart_user"

type userKey struct{}

// authenticate puts the signed-in user into the context.
func authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := demoUsers[0]
		if cookie, err := r.Cookie(userCookie); err == nil {
			if i := slices.IndexFunc(demoUsers, func(u demoUser) bool { return u.ID == cookie.Value }); i >= 0 {
				user = demoUsers[i]
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
	})
}

func currentUser(ctx context.Context) demoUser {
	user, _ := ctx.Value(userKey{}).(demoUser)
	return user
}

// actor and organization are what the audit middleware asks.
func actor(r *http.Request) audit.Actor {
	user := currentUser(r.Context())
	return audit.Actor{ID: user.ID, Email: user.Email}
}

func organization(r *http.Request) string { return currentUser(r.Context()).Org }

// switchUser signs in as another demo user.
func switchUser(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: userCookie, Value: r.PostFormValue("user"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/admin/audit-logs/", http.StatusSeeOther)
}
