package export_test

import (
	"fmt"
	"iter"
	"net/netip"
	"time"

	"github.com/auditkeep/audit"
)

var pdfStart = time.Date(2026, 3, 28, 22, 15, 7, 123456000, time.UTC)

// variedEntry is one of endlessly many entries of a host, no two alike.
func variedEntry(i int) audit.Entry {
	at := pdfStart.Add(-time.Duration(i) * 97 * time.Second)
	e := audit.Entry{
		Org: "acme", ID: audit.FirstID(at), OccurredAt: at, RecordedAt: at, Source: audit.SourceApp, Format: audit.Format,
		Actor: audit.Actor{Kind: audit.ActorUser, ID: fmt.Sprint(i % 17), Email: fmt.Sprintf("%s.%s@example.com",
			[]string{"ada", "grace", "katherine", "søren", "zoë"}[i%5], []string{"lovelace", "hopper", "johnson", "kierkegaard-andersen"}[i%4])},
		IP: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}),
	}
	if i%7 == 3 {
		e.IP = netip.MustParseAddr(fmt.Sprintf("2001:db8:85a3:8d3:1319:8a2e:370:%x", i%0x10000))
	}
	switch i % 6 {
	case 0:
		e.Action, e.Object = audit.ActionCreate, audit.Object{Type: "api_key", ID: fmt.Sprintf("key_%08x", i*2654435761)}
		e.Changes = audit.Changes{
			{Field: "name", New: text(fmt.Sprintf("CI deploy key %d", i))},
			{Field: "scopes", New: value(`["read","write"]`)},
			{Field: "secret", New: value(`{"$audit":"redacted"}`)},
			{Field: "expires_at", New: text(at.AddDate(1, 0, 0).Format(time.RFC3339))},
		}
	case 1:
		e.Action, e.Object = audit.ActionUpdate, audit.Object{Type: "customer", ID: fmt.Sprintf("0192f3a1-7c1e-7d55-9a3e-%012d", i)}
		e.Changes = audit.Changes{{Field: "email", Old: text(fmt.Sprintf("old-%d@example.org", i)), New: text(fmt.Sprintf("new-%d@example.org", i))}}
	case 2:
		e.Action, e.Object = audit.ActionDestroy, audit.Object{Type: "sso_connection", ID: fmt.Sprint(1000 + i)}
		e.Changes = audit.Changes{{Field: "domain", Old: text(fmt.Sprintf("tenant%d.example.net", i))}, {Field: "enabled", Old: value("true")}}
		e.Actor = audit.Actor{}
	case 3:
		e.Action, e.Object = "login_failed", audit.Object{Type: "user", ID: fmt.Sprint(i)}
		e.Comment = fmt.Sprintf("wrong password, attempt %d", i%9)
		e.Actor = audit.Actor{Kind: audit.ActorAPIKey, ID: fmt.Sprintf("ak_%d", i)}
	case 4:
		e.Action, e.Object = audit.ActionUpdate, audit.Object{Type: "order", ID: fmt.Sprintf("ORD-2026-%06d", i)}
		e.Actor.OnBehalfOf = "support@example.com"
		e.Changes = audit.Changes{
			{Field: "status", Old: text("pending"), New: text("shipped")},
			{Field: "total", Old: value(fmt.Sprintf("%d.5", i)), New: value(fmt.Sprintf("%d.75", i))},
			{Field: "address.street", Old: text("Große Straße 7"), New: text(fmt.Sprintf("Жуковская улица, %d", i))},
			{Field: "note", Old: value("null"), New: text(fmt.Sprintf("Call before delivery; gate code is with the neighbour (ring twice). See https://intranet.example.com/orders/%d/notes?tab=delivery&lang=en for the whole story.", i))},
		}
	default:
		e.Action, e.Object = audit.ActionUpdate, audit.Object{Type: "vendor", ID: fmt.Sprint(i)}
		e.Changes = audit.Changes{{Field: "name", Old: text("Müller & Söhne"), New: text(fmt.Sprintf("Müller & Töchter Nr. %d", i))}, {Field: "settings.limits.daily", Old: value(fmt.Sprint(i)), New: value(fmt.Sprint(i + 1))}}
	}
	return e
}

func varied(n int) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for i := range n {
			if !yield(variedEntry(i), nil) {
				return
			}
		}
	}
}
