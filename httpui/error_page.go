package httpui

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// failure is an error with a message for the reader of the page. Only the host
// sees its cause.
type failure struct {
	status int
	public string
	cause  error
}

func (f *failure) Error() string {
	if f.cause != nil {
		return f.public + ": " + f.cause.Error()
	}
	return f.public
}

func (f *failure) Unwrap() error { return f.cause }

// failureOf returns what to show the reader of an error. One that no screen
// expected is the host's business, and the reader learns nothing of it.
func (h *Handler) failureOf(err error) *failure {
	var known *failure
	switch {
	case errors.As(err, &known):
		return known
	case isTimeout(err):
		return &failure{status: http.StatusServiceUnavailable, public: h.options.Words.Refusal.TooSlow, cause: err}
	default:
		return &failure{status: http.StatusInternalServerError, public: h.options.Words.Refusal.Broken, cause: err}
	}
}

// isTimeout reports whether a statement ran into a limit of time: the
// context's, or PostgreSQL's statement_timeout (57014) or lock_timeout (55P03).
func isTimeout(err error) bool {
	var state interface{ SQLState() string }
	return errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &state) && (state.SQLState() == "57014" || state.SQLState() == "55P03")
}

// fail answers with an error page and gives the cause to the host.
func (h *Handler) fail(w http.ResponseWriter, r *request, err error) {
	f := h.failureOf(err)
	if f.cause != nil && r.Context().Err() != context.Canceled { // it is not an error if the client left
		h.options.OnError(r.Request, f.cause)
	}
	if strings.HasSuffix(r.URL.Path, jsonSuffix) {
		_ = writeJSON(w, f.status, jsonErrors{[]jsonError{{Problem: f.public}}}) // texts can be written
		return
	}
	model := errorPage{
		head:     h.pages.pageHead(r),
		Message:  f.public,
		Home:     r.root,
		Narrower: f.status == http.StatusServiceUnavailable,
	}
	if err := h.pages.render(w, r, f.status, "error", model); err != nil {
		h.options.OnError(r.Request, err)
		http.Error(w, f.public, f.status)
	}
}

// errorPage is what the template "error" shows.
type errorPage struct {
	head
	Message string
	// Home leads back to the page.
	Home string
	// Narrower offers a range that is quicker to read.
	Narrower bool
}
