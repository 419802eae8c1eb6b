package export

import (
	"iter"

	"github.com/auditkeep/audit"
)

// feed hands at most max entries to a format, and reports the progress.
type feed struct {
	entries  iter.Seq2[audit.Entry, error]
	max      int // 0: no cap
	progress func(rows int)

	Result
	err error // of the entries; after it, nothing follows
}

// progressStep is the number of rows between two reports of the progress.
const progressStep = 1000

// all yields the entries. Once it has ended, err and Cut are known.
func (f *feed) all() iter.Seq[audit.Entry] {
	return func(yield func(audit.Entry) bool) {
		for entry, err := range f.entries {
			if err != nil {
				f.err = err
				return
			}
			if f.max > 0 && f.Rows == f.max {
				f.Cut = true
				break
			}
			if !yield(entry) {
				return
			}
			if f.Rows++; f.Rows%progressStep == 0 {
				f.report()
			}
		}
		f.report()
	}
}

// report calls the program's progress, if it gave one.
func (f *feed) report() {
	if f.progress != nil {
		f.progress(f.Rows)
	}
}
