package postgres

import "time"

// WithLockTimeout returns an Admin that waits otherwise, for tests that let it
// wait in vain.
func (a *Admin) WithLockTimeout(timeout time.Duration) *Admin {
	patient := *a
	patient.lockTimeout = timeout
	return &patient
}

// PlanOnce is what the store sends with a statement to plan it once.
const PlanOnce = planOnce

// SecretNames are the names that triggers look for.
var SecretNames = squeezedNames
