package lint

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Baseline is what an existing project was found to have when it began: those findings are not reported again. It
// only shrinks: what has been repaired leaves it and cannot come back.
type Baseline struct {
	Entries []BaselineEntry `json:"findings"`
}

// BaselineEntry is a known finding. Code, object and file are for the reader; the fingerprint decides.
type BaselineEntry struct {
	Code        string `json:"code"`
	Object      string `json:"object,omitempty"`
	File        string `json:"file,omitempty"`
	Fingerprint string `json:"fingerprint"`
	Count       int    `json:"count"`
}

// NewBaseline records findings.
func NewBaseline(fs []Finding) *Baseline {
	at := make(map[string]int)
	b := &Baseline{Entries: []BaselineEntry{}}
	for i := range fs {
		fp := fs[i].Fingerprint()
		if n, ok := at[fp]; ok {
			b.Entries[n].Count++
			continue
		}
		at[fp] = len(b.Entries)
		b.Entries = append(b.Entries, BaselineEntry{
			Code: fs[i].Code, Object: fs[i].Object, File: fs[i].File, Fingerprint: fp, Count: 1,
		})
	}
	slices.SortFunc(b.Entries, func(x, y BaselineEntry) int {
		return strings.Compare(x.Code+"\x00"+x.Object+"\x00"+x.Fingerprint, y.Code+"\x00"+y.Object+"\x00"+y.Fingerprint)
	})
	return b
}

// ReadBaseline reads what Write wrote.
func ReadBaseline(r io.Reader) (*Baseline, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var b Baseline
	if err := d.Decode(&b); err != nil {
		return nil, fmt.Errorf("reading baseline: %w", err)
	}
	for i, e := range b.Entries {
		if e.Fingerprint == "" || e.Count < 1 {
			return nil, fmt.Errorf("reading baseline: entry %d (%s %s) needs a fingerprint and a count", i+1, e.Code, e.Object)
		}
	}
	return &b, nil
}

// Write writes the baseline as JSON, one stable text for one content.
func (b *Baseline) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(b)
}

// Split separates findings that are new from those the baseline knows.
func (b *Baseline) Split(fs []Finding) (fresh, known []Finding) {
	if b == nil {
		return fs, nil
	}
	left := make(map[string]int, len(b.Entries))
	for _, e := range b.Entries {
		left[e.Fingerprint] += e.Count
	}
	for _, f := range fs {
		fp := f.Fingerprint()
		if left[fp] > 0 {
			left[fp]--
			known = append(known, f)
			continue
		}
		fresh = append(fresh, f)
	}
	return fresh, known
}

// Shrink gives the baseline without what is not found any more, and how many findings that were.
func (b *Baseline) Shrink(fs []Finding) (*Baseline, int) {
	_, known := b.Split(fs)
	now, was, is := NewBaseline(known), 0, 0
	for _, e := range b.Entries {
		was += e.Count
	}
	for _, e := range now.Entries {
		is += e.Count
	}
	return now, was - is
}
