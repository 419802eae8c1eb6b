package main

import (
	"context"
	"net/http"
	"strconv"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/middleware"
)

// app is the demo application.
type app struct {
	db      *database
	trail   *audit.Log
	handler http.Handler
}

func newApp(db *database) (*app, error) {
	trail, err := audit.New(db.store, audit.Config{RequireActor: true})
	if err != nil {
		return nil, err
	}
	a := &app{db: db, trail: trail}

	// Who, from where and for which organization: inside authentication.
	capture, err := middleware.New(middleware.Options{Actor: actor, Org: organization})
	if err != nil {
		return nil, err
	}
	logs, err := httpui.New(trail, httpui.Options{
		Authorize: adminsOnly,
		Org:       organization,
		BasePath:  "/admin/audit-logs/",
		Look: httpui.Look{
			Breadcrumb: []httpui.Link{{Text: "Admin", URL: "/admin/api-keys"}},
			Layout:     a.layout,
		},
		Objects: httpui.Objects{RecordURL: a.recordURL},
	})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.Handle("/admin/audit-logs/", logs)
	mux.Handle("GET /{$}", http.RedirectHandler("/admin/audit-logs/", http.StatusSeeOther))
	mux.HandleFunc("GET /app.css", serveStyle)
	mux.HandleFunc("POST /switch", switchUser)
	mount(a, mux, apiKeys)
	mount(a, mux, securityGroups)
	mount(a, mux, endUsers)
	a.handler = http.NewCrossOriginProtection().Handler(authenticate(capture(mux)))
	return a, nil
}

// adminsOnly says who may see the audit log. In the demo, everyone is an
// administrator of their own organization.
func adminsOnly(r *http.Request) bool { return currentUser(r.Context()).Org != "" }

// recordURL links the entries on the page to the records that still exist.
func (a *app) recordURL(ctx context.Context, objects []audit.Object) map[audit.Object]string {
	ids := map[string][]any{}
	for _, object := range objects {
		if id, err := strconv.ParseInt(object.ID, 10, 64); err == nil {
			ids[object.Type] = append(ids[object.Type], id)
		}
	}
	urls := map[audit.Object]string{}
	addRecordURL(ctx, a, apiKeys, ids, urls)
	addRecordURL(ctx, a, securityGroups, ids, urls)
	addRecordURL(ctx, a, endUsers, ids, urls)
	return urls
}

func addRecordURL[T any](ctx context.Context, a *app, k *kind[T], ids map[string][]any, urls map[audit.Object]string) {
	found, err := k.existing(ctx, a.db, currentUser(ctx).Org, ids[k.objectType])
	if err != nil {
		return // the page does without links
	}
	for id := range found {
		text := strconv.FormatInt(id, 10)
		urls[audit.Object{Type: k.objectType, ID: text}] = "/admin/" + k.path + "/" + text
	}
}
