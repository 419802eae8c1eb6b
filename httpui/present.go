package httpui

import (
	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// objectLabel is what people see for an object type.
func (h *Handler) objectLabel(key string) string {
	if label, ok := h.options.Labels[key]; ok {
		return label
	}
	return display.Label(key)
}

// actionLabel is what people see for an action.
func (h *Handler) actionLabel(a audit.Action) string {
	if label, ok := h.options.Actions[a]; ok {
		return label
	}
	return string(a)
}
