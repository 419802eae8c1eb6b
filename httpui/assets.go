package httpui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// contentTypes are by the file's extension. Package mime would ask the system,
// and some say that a script is plain text, which browsers then refuse.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
}

// assets are the page's files by the names they are served under, which
// change with the content, so that a browser may keep them for ever.
type assets struct {
	content map[string][]byte
	// names leads from a file's own name to the served one.
	names map[string]string
}

// loadAssets reads the embedded files, and takes the style sheet beside them.
func loadAssets(styles string) assets {
	a := assets{content: map[string][]byte{}, names: map[string]string{}}
	a.add("audit.css", []byte(styles))
	files, _ := assetFiles.ReadDir("assets") // embedded: it is there
	for _, file := range files {
		content, _ := assetFiles.ReadFile("assets/" + file.Name())
		a.add(file.Name(), content)
	}
	return a
}

func (a assets) add(file string, content []byte) {
	sum := sha256.Sum256(content)
	extension := path.Ext(file)
	name := strings.TrimSuffix(file, extension) + "." + hex.EncodeToString(sum[:6]) + extension
	a.content[name], a.names[file] = content, name
}

// asset serves {base}/assets/{name}.
func (h *Handler) asset(w http.ResponseWriter, r *request) error {
	name := r.args[0]
	content, ok := h.pages.assets.content[name]
	if !ok {
		return &failure{status: http.StatusNotFound, public: h.options.Words.Refusal.NotFound}
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r.Request, name, time.Time{}, bytes.NewReader(content))
	return nil
}
