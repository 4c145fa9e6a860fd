package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// directory reads the migration directory, and which of its files are not deployed.
func (j *lintJob) directory(ctx context.Context, f *migrateLintFlags) error {
	e, err := f.one(ctx)
	if err != nil {
		return err
	}
	j.dev = e.Dev
	if j.opt.Config, err = migrateLintConfig(e); err != nil {
		return err
	}
	d, err := openDir(e, false)
	if err != nil {
		return err
	}
	list, err := d.List()
	if err != nil {
		return exit(ExitUsage, err)
	}
	dir := &migrationlint.Directory{SumFile: filepath.Join(d.Path(), migrate.HashFileName)}
	if err := d.Validate(); err != nil && (!errors.Is(err, migrate.ErrChecksumNotFound) || d.Format() == migration.FormatAtlas) {
		dir.SumError = sumError(err) // another tool's directory need not have a sum file
	}
	fresh, err := chooseFiles(ctx, f, e, d, list, dir)
	if err != nil {
		return err
	}
	for _, m := range list {
		file := migrationlint.File{Name: filepath.Join(d.Path(), m.Name()), Text: string(m.Bytes()), Migration: true, Version: m.Version()}
		if text, _, err := m.DownText(); err == nil && strings.TrimSpace(text) != "" {
			file.HasDown, file.Down, dir.Reversible = true, text, true
		}
		j.texts[file.Name] = file.Text
		if fresh == nil || slices.Contains(fresh, m.Version()) {
			j.in.Files = append(j.in.Files, file)
		} else {
			j.in.Before = append(j.in.Before, file)
		}
	}
	dir.BadNames = badNames(d, list)
	j.in.Directory, j.in.Apart = dir, fresh == nil
	j.volumes(d)
	return nil
}

// chooseFiles gives the versions of the files that are not deployed; nil where nobody said.
func chooseFiles(ctx context.Context, f *migrateLintFlags, e *project.Env, d *migration.Dir, list []*migration.File, dir *migrationlint.Directory) ([]string, error) {
	latest, base := f.latest, f.gitBase
	if latest == 0 && base == "" && f.url == "" {
		latest, base = e.Lint.Latest, e.Lint.GitBase
	}
	switch {
	case latest < 0:
		return nil, usagef("--latest %d: give the number of files", latest)
	case latest > 0:
		versions := []string{}
		for _, m := range list[max(0, len(list)-latest):] {
			versions = append(versions, m.Version())
		}
		return versions, nil
	case base != "":
		return sinceGit(ctx, base, d, list, dir)
	case f.url != "":
		return pendingIn(ctx, e, d, dir)
	}
	return nil, nil
}

// pendingIn gives the files that a database has not run.
func pendingIn(ctx context.Context, e *project.Env, d *migration.Dir, dir *migrationlint.Directory) ([]string, error) {
	t, _, err := openTarget(ctx, e)
	if err != nil {
		return nil, err
	}
	defer t.DB.Close()
	rep, err := t.Status(ctx, d)
	if err != nil {
		return nil, migrateExit(d, err)
	}
	versions := []string{}
	for _, m := range rep.Pending {
		versions = append(versions, m.Version())
	}
	for _, m := range rep.OutOfOrder {
		dir.OutOfOrder = append(dir.OutOfOrder, filepath.Join(d.Path(), m.Name()))
		versions = append(versions, m.Version())
	}
	return versions, nil
}

// sinceGit gives the files that a git revision does not have, and notes those it has with another text.
func sinceGit(ctx context.Context, rev string, d *migration.Dir, list []*migration.File, dir *migrationlint.Directory) ([]string, error) {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = d.Path()
		out, err := cmd.Output()
		if err != nil {
			var ee *exec.ExitError
			if errors.As(err, &ee) && len(ee.Stderr) > 0 {
				return "", usagef("--git-base %s: %s", rev, strings.TrimSpace(string(ee.Stderr)))
			}
			return "", usagef("--git-base %s: running git: %w", rev, err)
		}
		return string(out), nil
	}
	out, err := git("ls-tree", "--name-only", "-z", rev, "--", ".")
	if err != nil {
		return nil, err
	}
	had := map[string]bool{}
	for name := range strings.SplitSeq(out, "\x00") {
		had[filepath.Base(name)] = name != ""
	}
	changed, err := git("diff", "--name-only", "-z", "--diff-filter=M", "--relative", rev, "--", ".")
	if err != nil {
		return nil, err
	}
	versions, last := []string{}, ""
	for _, m := range list {
		if had[m.Name()] {
			last = max(last, m.Version())
		} else {
			versions = append(versions, m.Version())
		}
	}
	for _, m := range list {
		at := filepath.Join(d.Path(), m.Name())
		if !had[m.Name()] && m.Version() < last {
			dir.OutOfOrder = append(dir.OutOfOrder, at)
		}
		if slices.Contains(strings.Split(changed, "\x00"), m.Name()) {
			dir.Edited = append(dir.Edited, at)
		}
	}
	return versions, nil
}

// sumError says what is wrong with the checksum file.
func sumError(err error) string {
	var sum *migrate.ChecksumError
	switch {
	case errors.As(err, &sum):
		return fmt.Sprintf("%s was %s after it was hashed.", sum.File, sum.Reason)
	case errors.Is(err, migrate.ErrChecksumNotFound):
		return "The directory has no " + migrate.HashFileName + "."
	case errors.Is(err, migrate.ErrChecksumMismatch):
		return "The files are not those that were hashed."
	}
	return err.Error()
}

// badNames finds versions that are used twice or are not as long as the others.
func badNames(d *migration.Dir, list []*migration.File) map[string]string {
	bad, lengths, seen := map[string]string{}, map[int]int{}, map[string]string{}
	for _, m := range list {
		lengths[len(m.Version())]++
	}
	usual := 0
	for n, k := range lengths {
		if k > lengths[usual] || k == lengths[usual] && n > usual {
			usual = n
		}
	}
	for _, m := range list {
		at := filepath.Join(d.Path(), m.Name())
		if other, ok := seen[m.Version()]; ok {
			bad[at] = fmt.Sprintf("Version %s is that of %s as well.", m.Version(), other)
			continue
		}
		seen[m.Version()] = m.Name()
		if len(m.Version()) != usual && len(m.Version()) > 0 {
			bad[at] = fmt.Sprintf("Version %s has %d characters where the others have %d: versions compare as text.", m.Version(), len(m.Version()), usual)
		}
	}
	return bad
}

// volumes reads the declared volumes out of the directory's snapshot of the design.
func (j *lintJob) volumes(d *migration.Dir) {
	snap, _, err := d.Snapshot()
	if err != nil || snap == nil {
		return
	}
	g, err := schemagraph.Unmarshal(snap.Schema)
	if err != nil {
		return
	}
	j.opt.Rows, j.opt.Small = map[string]int64{}, map[string]bool{}
	for _, e := range g.Entities {
		if v := e.Facts.Volume; v != nil {
			j.opt.Rows[e.Table], j.opt.Small[e.Table] = v.Rows, v.Small
		}
	}
}

// migrateLintConfig reads the rule blocks of the project file, and the analyzers' blocks that switch to errors.
func migrateLintConfig(e *project.Env) (lint.Config, error) {
	cfg, err := ruleSettings(e.Lint.Rules)
	if err != nil {
		return cfg, exit(ExitUsage, err)
	}
	for _, b := range e.Lint.Blocks {
		if a, ok := b.Attr("error"); ok {
			if on, err := a.Bool(); err == nil {
				sev := lint.Warn
				if on {
					sev = lint.Error
				}
				cfg.Rules[b.Type] = lint.Setting{Severity: &sev}
			}
		}
	}
	return cfg, nil
}
