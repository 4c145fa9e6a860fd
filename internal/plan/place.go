package plan

import (
	"cmp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// phase is when a step runs. A plan's steps are ordered by it; within a phase they keep the order they were found in,
// which follows the graphs and is therefore always the same.
type phase int

const (
	dropOldCompanions phase = iota // triggers, policies, functions that go or change
	rename
	install     // schemas and extensions
	setUp       // types and what else tables need
	extendEnums // values added to enum types: not usable before the file's end
	dropForeignKeys
	dropIndexes // that are gone, or cannot survive what follows
	createTables
	release     // what stands in the way of a new type
	alterTables // one brief ALTER a table
	keepAlike   // a trigger that keeps a column and its replacement alike
	backfill    // rows filled for what follows
	guard       // constraints without a scan that could not be added before
	buildIndexes
	adoptIndexes // constraints that take an index over
	validate     // constraints checked, without blocking writes
	finish       // what validated constraints make brief
	addForeignKeys
	validateForeignKeys
	dropSpare // indexes set aside, columns replaced
	dropColumns
	dropTables
	dropLowCompanions // extensions, functions and domains nothing uses any more
	cleanUp           // types nothing uses any more
	createCompanions
	remark_ // comments on objects that exist already
)

// placed is a step and where it goes.
type placed struct {
	*Step
	phase phase
	// key separates files within a phase: the table, or the index.
	key  string
	noTx bool
	data bool
	// title is what the step does, for the head of its file.
	title string
	why   []string
}

func (d *differ) place(p *placed) { d.steps = append(d.steps, p) }

// tx places a step that runs in a transaction.
func (d *differ) tx(ph phase, t *schema.Table, title string, s *Step) *placed {
	p := &placed{Step: s, phase: ph, title: title}
	if t != nil {
		p.key = tableKey(t)
		if !d.fresh[p.key] {
			s.Table = p.key
		}
	}
	if s.Comment == "" {
		s.Comment = title
	}
	d.place(p)
	return p
}

// alone places a step that runs outside transactions, in a file of its own.
func (d *differ) alone(ph phase, t *schema.Table, name, title string, s ...*Step) {
	for i, st := range s {
		st.Table = tableKey(t)
		if i == len(s)-1 && st.Comment == "" {
			st.Comment = title
		}
		d.place(&placed{Step: st, phase: ph, key: name, noTx: true, title: title})
	}
}

// files groups the placed steps.
func (d *differ) files() []*File {
	slices.SortStableFunc(d.steps, func(a, b *placed) int { return cmp.Compare(a.phase, b.phase) })
	var (
		files []*File
		last  *placed
		file  *File
	)
	for _, p := range d.inFileOrder() {
		if last == nil || !d.together(last, p) {
			file = &File{NoTx: p.noTx, Data: p.data, timeout: d.opts.LockTimeout}
			files = append(files, file)
		}
		file.Steps = append(file.Steps, p.Step)
		for _, w := range p.why {
			if !slices.Contains(file.Why, w) {
				file.Why = append(file.Why, w)
			}
		}
		if file.Suffix == "" {
			file.Suffix = suffix(p)
		}
		last = p
	}
	for i, f := range files {
		f.Title = title(f)
		if len(files) == 1 {
			files[i].Suffix = ""
		}
	}
	return files
}

// inFileOrder brings the steps of one file next to each other: a phase is ordered by key where files are cut by key.
func (d *differ) inFileOrder() []*placed {
	if d.opts.Direct {
		return d.steps
	}
	out := slices.Clone(d.steps)
	order := map[phase]map[string]int{}
	for _, p := range out {
		if order[p.phase] == nil {
			order[p.phase] = map[string]int{}
		}
		if _, ok := order[p.phase][p.key]; !ok {
			order[p.phase][p.key] = len(order[p.phase])
		}
	}
	slices.SortStableFunc(out, func(a, b *placed) int {
		if c := cmp.Compare(a.phase, b.phase); c != 0 || !byKey(a.phase) {
			return c
		}
		return cmp.Compare(order[a.phase][a.key], order[b.phase][b.key])
	})
	return out
}

// byKey says whether the steps of a phase are cut into files by their key.
func byKey(p phase) bool {
	switch p {
	case install, setUp, createTables, dropLowCompanions, cleanUp, remark_, createCompanions, dropOldCompanions:
		return false
	}
	return true
}

// together says whether two steps that follow each other share a file. Strong locks on two existing tables are never
// held together, and nothing is locked while something long runs.
func (d *differ) together(a, b *placed) bool {
	switch {
	case a.noTx || b.noTx:
		return a.noTx && b.noTx && a.phase == b.phase && a.key == b.key
	case a.data != b.data || a.phase == extendEnums || b.phase == extendEnums:
		return a.phase == b.phase && a.key == b.key
	case d.opts.Direct:
		return true
	case a.phase <= createTables && b.phase <= createTables && !locking(a) && !locking(b):
		return true
	case a.phase == b.phase:
		return !byKey(a.phase) || a.key == b.key
	}
	// Neighbouring phases of one new or small table need no cut.
	return a.key == b.key && a.key != "" && (d.fresh[a.key] || d.small[a.key]) ||
		!locking(a) && !locking(b)
}

// locking says whether the step holds a strong lock on a table that others may be using.
func locking(p *placed) bool { return p.Table != "" }

func suffix(p *placed) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, p.key)
	word := map[phase]string{
		extendEnums: "values", rename: "rename", dropForeignKeys: "drop_fk", dropIndexes: "drop", createTables: "create",
		backfill: "backfill", validate: "validate", validateForeignKeys: "validate", finish: "finish", dropSpare: "drop",
		dropColumns: "drop", dropTables: "drop_tables", remark_: "comments", createCompanions: "objects",
		dropOldCompanions: "objects", setUp: "types", install: "extensions", cleanUp: "clean_up", dropLowCompanions: "clean_up", addForeignKeys: "fk", adoptIndexes: "adopt",
		guard: "guard", keepAlike: "sync", release: "release",
	}[p.phase]
	switch {
	case s == "" || !byKey(p.phase):
		return word
	case word == "":
		return s
	}
	return word + "_" + s
}

// title sums up a file's steps: the step's own words for one, else what they have in common.
func title(f *File) string {
	var said, tables []string
	for _, s := range f.Steps {
		if a, ok := s.Change.(*schema.AddTable); ok {
			tables = append(tables, a.T.Name)
			continue
		}
		if _, ok := s.Change.(*schema.AddIndex); ok && len(tables) > 0 {
			continue // an index of a new table
		}
		if s.Comment != "" && !slices.Contains(said, s.Comment) {
			said = append(said, s.Comment)
		}
	}
	switch len(tables) {
	case 0:
	case 1:
		said = append(said, "create table "+tables[0])
	default:
		said = append(said, "create the tables "+strings.Join(tables[:len(tables)-1], ", ")+" and "+tables[len(tables)-1])
	}
	switch {
	case len(said) == 0:
		return "Change the schema."
	case len(said) <= 3:
		return upperFirst(strings.Join(said, "; ")) + "."
	}
	return upperFirst(said[0]) + "; " + said[1] + "; and " + plural(len(said)-2, "more change") + "."
}
