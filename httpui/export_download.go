package httpui

import (
	"net/http"
	"time"
)

// stall is how long one write may take. A reader may be slow, but must go on
// reading; the file as a whole takes as long as it takes.
const stall = time.Minute

// download sends a file. Nothing is sent before the first byte, so that until
// then an error page can be answered instead.
type download struct {
	w           http.ResponseWriter
	controller  *http.ResponseController
	name, media string
	begun       bool
}

// newDownload begins a download, which must be closed.
func newDownload(w http.ResponseWriter, name, media string) *download {
	d := &download{w: w, controller: http.NewResponseController(w), name: name, media: media}
	d.deadline(time.Time{}) // the server's own is for pages
	return d
}

// Write implements [io.Writer].
func (d *download) Write(p []byte) (int, error) {
	first := !d.begun
	if first {
		d.begun = true
		d.w.Header().Set("Content-Type", d.media)
		d.w.Header().Set("Content-Disposition", attachment(d.name))
		d.w.WriteHeader(http.StatusOK)
	}
	d.deadline(time.Now().Add(stall))
	n, err := d.w.Write(p)
	if first && err == nil {
		// The browser asks at once where to save the file.
		_ = d.controller.Flush() // as far as the server can
	}
	return n, err
}

// close lets the connection be used for what comes next.
func (d *download) close() { d.deadline(time.Time{}) }

func (d *download) deadline(t time.Time) {
	_ = d.controller.SetWriteDeadline(t) // not every server, or middleware, can
}
