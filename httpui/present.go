package httpui

import (
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
)

// presenter turns what the log holds into what the templates show. It needs the
// words, the host's labels and a zone: it sees no request and asks no store.
type presenter struct {
	words  *words.Catalogue
	labels map[string]string // of object types
	zone   *time.Location    // if an address names none
	urls   *parser
}

func (p *presenter) objectLabel(key string) string { return display.ObjectLabel(key, p.labels) }

func (p *presenter) actionLabel(a audit.Action) string { return display.ActionLabel(a, p.words) }

// actorKind is the kind of actor in words.
func (p *presenter) actorKind(a audit.Actor) string { return display.ActorKind(a.Kind, p.words) }

// optionLabel is what people see for a filter's value.
func (p *presenter) optionLabel(parameter, value string) string {
	if value == "" && parameter == "user" {
		return p.words.Filter.NoEmail
	}
	return display.ValueOf(parameter, value, p.labels, p.words)
}
