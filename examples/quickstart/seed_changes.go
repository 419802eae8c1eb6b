package main

import (
	"fmt"
	"slices"

	"github.com/auditkeep/audit"
)

// lifecycle makes up what happens next to one of the organization's records of
// a kind: a new one, now and then the end of one, mostly a change.
func lifecycle[T any](w *world, all *[]owned[T], org string, make func() T, change func(*T)) audit.Event {
	var mine []int
	for i := range *all {
		if (*all)[i].org == org {
			mine = append(mine, i)
		}
	}
	switch n := w.random.IntN(100); {
	case len(mine) < 5 || n < 14 && len(mine) < 120:
		record := make()
		*all = append(*all, owned[T]{org, record})
		return audit.Created(record)
	case n < 24:
		i := pick(w, mine)
		record := (*all)[i].record
		*all = slices.Delete(*all, i, i+1)
		return audit.Destroyed(record)
	default:
		i := pick(w, mine)
		before := audit.Snapshot((*all)[i].record)
		change(&(*all)[i].record)
		return audit.Updated(before, (*all)[i].record)
	}
}

func (w *world) id() int64 { w.lastID++; return w.lastID }

func (w *world) secret() string { return fmt.Sprintf("sk_%016x", w.random.Uint64()) }

// other returns a choice that is not the present one.
func other(w *world, from []string, present string) string {
	for {
		if chosen := pick(w, from); chosen != present {
			return chosen
		}
	}
}

func (w *world) changeKey(org string) audit.Event {
	return lifecycle(w, &w.keys, org, func() APIKey {
		return APIKey{ID: w.id(), Name: pick(w, keyNames), Scopes: []string{"read"}, Secret: w.secret(), Enabled: true, ExpiresOn: pick(w, dates)}
	}, func(k *APIKey) {
		switch w.random.IntN(5) {
		case 0:
			k.Name = other(w, keyNames, k.Name)
		case 1:
			k.Scopes = toggle(w, k.Scopes, scopes)
		case 2:
			k.Secret = w.secret()
			k.ExpiresOn = other(w, dates, k.ExpiresOn)
		case 3:
			k.Enabled = !k.Enabled
		default:
			k.Name, k.Enabled, k.ExpiresOn = other(w, keyNames, k.Name), !k.Enabled, other(w, dates, k.ExpiresOn)
			k.Scopes = toggle(w, k.Scopes, scopes)
		}
	})
}

// expireKey is what the nightly job does.
func (w *world) expireKey(org string) (audit.Event, bool) {
	for i := range w.keys {
		if k := &w.keys[i]; k.org == org && k.record.Enabled {
			before := audit.Snapshot(k.record)
			k.record.Enabled = false
			return audit.Updated(before, k.record).WithComment("expired"), true
		}
	}
	return audit.Event{}, false
}

func (w *world) changeGroup(org string) audit.Event {
	return lifecycle(w, &w.groups, org, func() SecurityGroup {
		return SecurityGroup{ID: w.id(), Name: pick(w, groupNames), Description: pick(w, descriptions), Rules: []string{pick(w, rules)}}
	}, func(g *SecurityGroup) {
		switch w.random.IntN(3) {
		case 0:
			g.Name = other(w, groupNames, g.Name)
		case 1:
			g.Description = other(w, descriptions, g.Description)
		default:
			g.Rules = toggle(w, g.Rules, rules)
		}
	})
}

func (w *world) changeUser(org string) audit.Event {
	return lifecycle(w, &w.users, org, func() EndUser {
		first, last := pick(w, firstNames), pick(w, lastNames)
		return EndUser{
			ID: w.id(), Email: fmt.Sprintf("%s.%s@%s.test", first.plain, last.plain, org), FullName: first.full + " " + last.full,
			Role: "viewer", Status: "invited", Address: pick(w, addresses),
		}
	}, func(u *EndUser) {
		switch w.random.IntN(4) {
		case 0:
			u.Role = other(w, roles, u.Role)
		case 1:
			u.Status = other(w, statuses, u.Status)
		case 2:
			for present := u.Address; u.Address == present; {
				u.Address = pick(w, addresses)
			}
		default:
			u.Role, u.Status = other(w, roles, u.Role), other(w, statuses, u.Status)
		}
	})
}

// toggle adds one item to a list, or takes it away. The list stays in order.
func toggle(w *world, items, from []string) []string {
	item := pick(w, from)
	if i := slices.Index(items, item); i >= 0 {
		return slices.Delete(slices.Clone(items), i, i+1)
	}
	out := append(slices.Clone(items), item)
	slices.Sort(out)
	return out
}

// spelling is a name as people write it, and as email addresses do.
type spelling struct{ full, plain string }

var (
	keyNames     = []string{"ci", "deploy", "staging deploy", "billing export", "metrics", "mobile app", "partner sync", "backup", "nightly import", "support tools"}
	scopes       = []string{"admin", "billing", "deploy", "read", "webhooks", "write"}
	dates        = []string{"", "2026-12-31", "2027-03-31", "2027-06-30", "2027-12-31"}
	groupNames   = []string{"office", "vpn", "web servers", "databases", "bastion", "monitoring", "partners"}
	descriptions = []string{
		"Machines that answer the public web, behind the load balancer.",
		"Machines that answer the public web and the API, behind the load balancer in the north and east regions.",
		"Databases: reached from the web servers and the bastion only.",
		"Quarterly plan for the north region, draft two.",
		"Quarterly plan for the north and east regions, final draft.",
		"",
	}
	rules      = []string{"allow tcp 22 from 203.0.113.0/24", "allow tcp 80 from 0.0.0.0/0", "allow tcp 443 from 0.0.0.0/0", "allow tcp 5432 from 10.0.0.0/8", "allow udp 51820 from 0.0.0.0/0", "deny all"}
	firstNames = []spelling{{"Ana", "ana"}, {"Björn", "bjorn"}, {"Chloé", "chloe"}, {"Дмитрий", "dmitri"}, {"Emeka", "emeka"}, {"花子", "hanako"}, {"Ivy", "ivy"}, {"Nour", "nour"}, {"Priya", "priya"}}
	lastNames  = []spelling{{"Adeyemi", "adeyemi"}, {"Bauer", "bauer"}, {"Castro", "castro"}, {"Lindqvist", "lindqvist"}, {"O'Neil", "oneil"}, {"Иванов", "ivanov"}, {"山田", "yamada"}}
	addresses  = []Address{{"Oslo", "Norway"}, {"Bergen", "Norway"}, {"Pune", "India"}, {"St. John's", "Canada"}, {"Lagos", "Nigeria"}, {"São Paulo", "Brazil"}, {"東京", "Japan"}}
)
