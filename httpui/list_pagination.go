package httpui

import (
	"github.com/auditkeep/audit"
)

// counted is how many entries a filter matches: exactly up to the cap.
type counted struct {
	entries int
	more    bool // there are more than the entries counted
	pages   int  // that have a number; at least 1
}

func newCounted(n, perPage int) counted {
	c := counted{entries: n, more: n > audit.CountCap}
	if c.more {
		c.entries = audit.CountCap
	}
	c.pages = max(1, (c.entries+perPage-1)/perPage)
	return c
}

// pagination is what stands below the table.
type pagination struct {
	// First and Last are set only where numbers do not reach.
	First, Previous, Next, Last string
	Numbers                     []pageNumber
	PerPage                     int
	Choices                     []int
	Hidden                      []hiddenField
}

// pageNumber is one numbered link; Number 0 is a gap.
type pageNumber struct {
	Number  int
	URL     string
	Current bool
}

func paginate(v view, f found) pagination {
	p := pagination{PerPage: v.perPage, Choices: perPageChoices, Hidden: hiddenFields(v.fresh(), "per_page")}
	if v.page == 0 {
		p.First = v.pageLink(1)
		p.Previous, p.Next = v.beforeLink(f.page.Prev), v.afterLink(f.page.Next)
		if p.Next != "" {
			p.Last = v.lastLink()
		}
		return p
	}
	if v.page > 1 {
		p.Previous = v.pageLink(v.page - 1)
	}
	switch {
	case v.page < f.count.pages:
		p.Next = v.pageLink(v.page + 1)
	case f.count.more:
		p.Next = v.afterLink(f.page.Next)
	}
	if f.count.more {
		p.Last = v.lastLink()
	}
	previous := 0
	for _, number := range numbersAround(v.page, f.count.pages) {
		if number > previous+1 {
			p.Numbers = append(p.Numbers, pageNumber{})
		}
		p.Numbers = append(p.Numbers, pageNumber{Number: number, URL: v.pageLink(number), Current: number == v.page})
		previous = number
	}
	if f.count.more && previous < f.count.pages {
		p.Numbers = append(p.Numbers, pageNumber{})
	}
	return p
}

// numbersAround returns which pages get a number: the first, the last, and
// those around the current one. No gap hides a single number.
func numbersAround(page, pages int) []int {
	const around, atEnds = 1, 4
	var numbers []int
	for n := 1; n <= pages; n++ {
		near := n >= page-around && n <= page+around
		start := page < atEnds && n <= atEnds
		end := page > pages+1-atEnds && n > pages-atEnds
		if n != 1 && n != pages && !near && !start && !end {
			continue
		}
		if len(numbers) > 0 && numbers[len(numbers)-1] == n-2 {
			numbers = append(numbers, n-1)
		}
		numbers = append(numbers, n)
	}
	return numbers
}
