package audit

import "reflect"

type plan struct{}

func newPlan(t reflect.Type, ignore []string, r redactor) (*plan, error) { return nil, nil }

type redactor struct{}

func newRedactor(names []string) (redactor, error) { return redactor{}, nil }
