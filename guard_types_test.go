package audit_test

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
)

// Types that keep their memory behind unexported fields, and write it in place.
type (
	optional[T any] struct{ v *T }
	unwritten       struct{ v *int } // nothing but its decoder
	inInterface     struct{ v any }
	reusedBytes     struct{ text []byte }
	reusedList      struct{ items []string }
	inList          struct{ items []*int }
	deepInside      struct{ in struct{ at [2]*int } }
	innerReused     struct{ in *innerList } // the pointer is new, the list is not
	innerList       struct{ items []int }
	embeds          struct{ content }
	content         struct{ in *innerList }
	byText          struct{ v *string }
	byBinary        struct{ v *[4]byte }
	byGob           struct{ v *int }
	byScan          struct{ v *string }
	pointerMethods  struct{ v *int }
	locked          struct{ state *lockedState }
	lockedState     struct {
		mu sync.Mutex
		v  int
	}
	oneWay   struct{ v *int } // does not read what it writes
	panicky  struct{ v *int }
	twoParts struct {
		a *int // replaced
		b []int
	}
)

func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.v) }
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	if o.v == nil {
		o.v = new(T)
	}
	return json.Unmarshal(b, o.v)
}

func (u *unwritten) UnmarshalJSON(b []byte) error { return (*pointerMethods)(u).UnmarshalJSON(b) }

func (i inInterface) MarshalJSON() ([]byte, error) { return json.Marshal(i.v) }
func (i *inInterface) UnmarshalJSON(b []byte) error {
	if i.v == nil {
		i.v = new(int)
	}
	return json.Unmarshal(b, &i.v)
}

func (r reusedBytes) MarshalJSON() ([]byte, error) { return r.text, nil }
func (r *reusedBytes) UnmarshalJSON(text []byte) error {
	r.text = append(r.text[:0], text...)
	return nil
}
func (r reusedList) MarshalJSON() ([]byte, error)     { return json.Marshal(r.items) }
func (r *reusedList) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &r.items) }
func (i inList) MarshalJSON() ([]byte, error)         { return json.Marshal(i.items) }
func (i *inList) UnmarshalJSON(text []byte) error     { return json.Unmarshal(text, &i.items) }
func (d deepInside) MarshalJSON() ([]byte, error)     { return json.Marshal(d.in.at) }
func (d *deepInside) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &d.in.at) }
func (i innerReused) MarshalJSON() ([]byte, error)    { return json.Marshal(i.in.items) }
func (i *innerReused) UnmarshalJSON(text []byte) error {
	made := &innerList{}
	if i.in != nil {
		made.items = i.in.items[:0]
	}
	i.in = made
	return json.Unmarshal(text, &made.items)
}

func (e embeds) MarshalJSON() ([]byte, error) { return json.Marshal(e.in.items) }
func (e *embeds) UnmarshalJSON(text []byte) error {
	if e.in == nil {
		e.in = &innerList{}
	}
	return json.Unmarshal(text, &e.in.items)
}

func (b byText) MarshalText() ([]byte, error) { return []byte(*b.v), nil }
func (b *byText) UnmarshalText(text []byte) error {
	if b.v == nil {
		b.v = new(string)
	}
	*b.v = string(text)
	return nil
}

func (b byBinary) MarshalJSON() ([]byte, error)   { return json.Marshal(string(b.v[:])) }
func (b byBinary) MarshalBinary() ([]byte, error) { return b.v[:], nil }
func (b *byBinary) UnmarshalBinary(data []byte) error {
	if b.v == nil {
		b.v = new([4]byte)
	}
	copy(b.v[:], data)
	return nil
}

func (b byGob) MarshalJSON() ([]byte, error) { return json.Marshal(b.v) }
func (b byGob) GobEncode() ([]byte, error)   { return json.Marshal(b.v) }
func (b *byGob) GobDecode(data []byte) error { return (*pointerMethods)(b).UnmarshalJSON(data) }

func (b byScan) Value() (driver.Value, error) { return *b.v, nil }
func (b *byScan) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return errors.New("not a string")
	}
	return (*byText)(b).UnmarshalText([]byte(text))
}

func (p *pointerMethods) MarshalJSON() ([]byte, error) { return json.Marshal(p.v) }
func (p *pointerMethods) UnmarshalJSON(text []byte) error {
	if p.v == nil {
		p.v = new(int)
	}
	return json.Unmarshal(text, p.v)
}

func (l locked) MarshalJSON() ([]byte, error) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return json.Marshal(l.state.v)
}

func (l *locked) UnmarshalJSON(text []byte) error {
	if l.state == nil {
		l.state = &lockedState{}
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return json.Unmarshal(text, &l.state.v)
}

func (o oneWay) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]*int{"value": o.v}) }
func (o *oneWay) UnmarshalJSON(text []byte) error {
	if o.v == nil {
		o.v = new(int)
	}
	return json.Unmarshal(text, o.v)
}

func (p panicky) MarshalJSON() ([]byte, error) { return json.Marshal(p.v) }
func (p *panicky) UnmarshalJSON(text []byte) error {
	if n, err := strconv.Atoi(string(text)); err == nil && n%2 == 1 {
		panic("an odd number")
	}
	return (*pointerMethods)(p).UnmarshalJSON(text)
}

func (t twoParts) MarshalJSON() ([]byte, error) { return json.Marshal(t.b) }
func (t *twoParts) UnmarshalJSON(text []byte) error {
	t.a = new(1)
	return json.Unmarshal(text, &t.b)
}

// Types that write new memory.
type (
	replaced[T any] struct{ v *T }
	currency        struct{ code *currencyCode } // a singleton
	currencyCode    struct{ name string }
	newList         struct{ items []string }
)

func (r replaced[T]) MarshalJSON() ([]byte, error) { return json.Marshal(r.v) }
func (r *replaced[T]) UnmarshalJSON(text []byte) error {
	r.v = new(T)
	return json.Unmarshal(text, r.v)
}

var currencies = []*currencyCode{{"EUR"}, {"CHF"}}

func (c currency) MarshalText() ([]byte, error) { return []byte(c.code.name), nil }
func (c *currency) UnmarshalText(text []byte) error {
	i := slices.IndexFunc(currencies, func(known *currencyCode) bool { return known.name == string(text) })
	if i < 0 {
		return errors.New("unknown currency")
	}
	c.code = currencies[i]
	return nil
}

func (n newList) MarshalJSON() ([]byte, error) { return json.Marshal(n.items) }
func (n *newList) UnmarshalJSON(text []byte) error {
	n.items = nil
	return json.Unmarshal(text, &n.items)
}
