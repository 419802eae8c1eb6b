package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	modpath "golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// publish writes the modules of a tree into a folder, at a version, as go get
// reads them from a module proxy (https://go.dev/ref/mod#goproxy-protocol).
func publish(root, version, proxy string, modules []module) error {
	for _, m := range modules {
		escaped, err := modpath.EscapePath(m.path())
		if err != nil {
			return err
		}
		folder := filepath.Join(proxy, escaped, "@v")
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		source := filepath.Join(root, m.folder)
		requirements, err := os.ReadFile(filepath.Join(source, "go.mod"))
		if err != nil {
			return err
		}
		info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Now().UTC()})
		if err != nil {
			return err
		}
		for name, content := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": requirements} {
			if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
				return err
			}
		}
		file, err := os.Create(filepath.Join(folder, version+".zip"))
		if err != nil {
			return err
		}
		if err := zip.CreateFromDir(file, modpath.Version{Path: m.path(), Version: version}, source); err != nil {
			file.Close()
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}
