package httpui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assets are the embedded files by the names they are served under, which
// change with the content, so that a browser may keep them for ever.
type assets struct {
	content map[string][]byte
	// names leads from a file's own name to the served one.
	names map[string]string
}

func loadAssets() assets {
	a := assets{content: map[string][]byte{}, names: map[string]string{}}
	files, _ := assetFiles.ReadDir("assets") // embedded: it is there
	for _, file := range files {
		content, _ := assetFiles.ReadFile("assets/" + file.Name())
		sum := sha256.Sum256(content)
		extension := path.Ext(file.Name())
		name := strings.TrimSuffix(file.Name(), extension) + "." + hex.EncodeToString(sum[:6]) + extension
		a.content[name], a.names[file.Name()] = content, name
	}
	return a
}

// asset serves {base}/assets/{name}.
func (h *Handler) asset(w http.ResponseWriter, r *request) error {
	name := r.args[0]
	content, ok := h.assets.content[name]
	if !ok {
		return &failure{status: http.StatusNotFound, public: h.options.Strings.NotFound}
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r.Request, name, time.Time{}, bytes.NewReader(content))
	return nil
}
