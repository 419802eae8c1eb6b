package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The application's records, as any application has them. The audit log
// records every field under its snake_case name.

// APIKey lets a program in.
type APIKey struct {
	ID        int64
	Name      string
	Scopes    []string
	Secret    string // recorded as changed or not, never its value
	Enabled   bool
	ExpiresOn string
}

// SecurityGroup is a set of network rules.
type SecurityGroup struct {
	ID          int64
	Name        string
	Description string
	Rules       []string
}

// EndUser is a person.
type EndUser struct {
	ID       int64
	Email    string
	FullName string
	Role     string
	Status   string
	Address  Address
}

// Address is part of its record: its fields are recorded as address.city and
// address.country.
type Address struct {
	City, Country string
}

// input is one field of a record's form.
type input[T any] struct {
	Name, Label string
	Hint        string
	Type        string // of the HTML input, or "area", "checkbox", "select"
	Options     []string
	get         func(*T) string
	set         func(*T, string) error
}

// list stores a list in one column.
func list(items *[]string) *listColumn { return &listColumn{items} }

type listColumn struct{ items *[]string }

func (c *listColumn) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("reading a list: got a %T", src)
	}
	*c.items = lines(text)
	return nil
}

// lines splits a text into its lines, without blank ones.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// text returns an input for a text field of at most 200 characters.
func text[T any](name, label string, required bool, field func(*T) *string) input[T] {
	return input[T]{
		Name: name, Label: label, Type: "text",
		get: func(x *T) string { return *field(x) },
		set: func(x *T, value string) error {
			value = strings.TrimSpace(value)
			switch {
			case required && value == "":
				return errors.New("is needed")
			case len(value) > 200:
				return errors.New("is longer than 200 characters")
			}
			*field(x) = value
			return nil
		},
	}
}

// choice returns an input for one of a few values.
func choice[T any](name, label string, options []string, field func(*T) *string) input[T] {
	in := text(name, label, true, field)
	set := in.set
	in.Type, in.Options = "select", options
	in.set = func(x *T, value string) error {
		if !slices.Contains(options, value) {
			return fmt.Errorf("must be one of %s", strings.Join(options, ", "))
		}
		return set(x, value)
	}
	return in
}

// area returns an input for a list, one item a line.
func area[T any](name, label string, field func(*T) *[]string) input[T] {
	return input[T]{
		Name: name, Label: label, Hint: "one a line", Type: "area",
		get: func(x *T) string { return strings.Join(*field(x), "\n") },
		set: func(x *T, value string) error {
			items := lines(value)
			if len(items) > 50 {
				return errors.New("has more than 50 lines")
			}
			*field(x) = items
			return nil
		},
	}
}

var apiKeys = &kind[APIKey]{
	path: "api-keys", objectType: "api_key", title: "API Keys", singular: "API Key", table: "api_keys",
	columns: []string{"name", "scopes", "secret", "enabled", "expires_on"},
	id:      func(k *APIKey) *int64 { return &k.ID },
	label:   func(k *APIKey) string { return k.Name },
	values: func(k *APIKey) []any {
		return []any{k.Name, strings.Join(k.Scopes, "\n"), k.Secret, k.Enabled, k.ExpiresOn}
	},
	scan: func(k *APIKey) []any { return []any{&k.Name, list(&k.Scopes), &k.Secret, &k.Enabled, &k.ExpiresOn} },
	inputs: []input[APIKey]{
		text("name", "Name", true, func(k *APIKey) *string { return &k.Name }),
		area("scopes", "Scopes", func(k *APIKey) *[]string { return &k.Scopes }),
		{
			Name: "secret", Label: "New secret", Hint: "left as it is when empty", Type: "password",
			get: func(*APIKey) string { return "" },
			set: func(k *APIKey, value string) error {
				if value != "" {
					k.Secret = value
				}
				return nil
			},
		},
		{
			Name: "enabled", Label: "Enabled", Type: "checkbox",
			get: func(k *APIKey) string { return fmt.Sprint(k.Enabled) },
			set: func(k *APIKey, value string) error { k.Enabled = value == "true"; return nil },
		},
		{
			Name: "expires_on", Label: "Expires on", Type: "date",
			get: func(k *APIKey) string { return k.ExpiresOn },
			set: func(k *APIKey, value string) error {
				if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
					return errors.New("must be a date such as 2027-01-31")
				}
				k.ExpiresOn = value
				return nil
			},
		},
	},
}

var securityGroups = &kind[SecurityGroup]{
	path: "security-groups", objectType: "security_group", title: "Security Groups", singular: "Security Group", table: "security_groups",
	columns: []string{"name", "description", "rules"},
	id:      func(g *SecurityGroup) *int64 { return &g.ID },
	label:   func(g *SecurityGroup) string { return g.Name },
	values:  func(g *SecurityGroup) []any { return []any{g.Name, g.Description, strings.Join(g.Rules, "\n")} },
	scan:    func(g *SecurityGroup) []any { return []any{&g.Name, &g.Description, list(&g.Rules)} },
	inputs: []input[SecurityGroup]{
		text("name", "Name", true, func(g *SecurityGroup) *string { return &g.Name }),
		text("description", "Description", false, func(g *SecurityGroup) *string { return &g.Description }),
		area("rules", "Rules", func(g *SecurityGroup) *[]string { return &g.Rules }),
	},
}

var endUsers = &kind[EndUser]{
	path: "end-users", objectType: "end_user", title: "End Users", singular: "End User", table: "end_users",
	columns: []string{"email", "full_name", "role", "status", "city", "country"},
	id:      func(u *EndUser) *int64 { return &u.ID },
	label:   func(u *EndUser) string { return u.Email },
	values: func(u *EndUser) []any {
		return []any{u.Email, u.FullName, u.Role, u.Status, u.Address.City, u.Address.Country}
	},
	scan: func(u *EndUser) []any {
		return []any{&u.Email, &u.FullName, &u.Role, &u.Status, &u.Address.City, &u.Address.Country}
	},
	inputs: []input[EndUser]{
		text("email", "Email", true, func(u *EndUser) *string { return &u.Email }),
		text("full_name", "Full name", true, func(u *EndUser) *string { return &u.FullName }),
		choice("role", "Role", roles, func(u *EndUser) *string { return &u.Role }),
		choice("status", "Status", statuses, func(u *EndUser) *string { return &u.Status }),
		text("city", "City", false, func(u *EndUser) *string { return &u.Address.City }),
		text("country", "Country", false, func(u *EndUser) *string { return &u.Address.Country }),
	},
}

var (
	roles    = []string{"viewer", "editor", "admin"}
	statuses = []string{"invited", "active", "suspended"}
)
