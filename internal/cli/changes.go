package cli

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/entload"
	documents "github.com/plinth-go/plinth/internal/report"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

func newChanges(s streams) *cobra.Command {
	var since, schemaDir, format string
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "The file-change table for a commit or a pull request",
		Long: `Compares the Ent schema and the files with those of a revision, and prints a title with its semantic prefix and the table
| File (Location) | Summary of Change |, in terms of tables, columns, indexes and queries. Without --since it is what has
not been committed yet or, where everything is, the last commit.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "markdown" && format != "json" {
				return usagef("unknown --format %q; markdown or json", format)
			}
			c, err := changesSince(cmd.Context(), since, schemaDir)
			if err != nil {
				return err
			}
			if format == "json" {
				return documents.JSON(s.out, c)
			}
			return c.Markdown(s.out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&since, "since", "", "revision to compare with")
	f.StringVar(&schemaDir, "schema", "", "directory of the Ent schema (default ent/schema)")
	f.StringVar(&format, "format", "markdown", "markdown or json")
	return cmd
}

// git runs git in the working directory.
func git(ctx context.Context, args ...string) ([]byte, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	var ee *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, exit(ExitUsage, errors.New("git is not installed"))
	case errors.As(err, &ee):
		return nil, exit(ExitUsage, fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(ee.Stderr))))
	}
	return out, err
}

func changesSince(ctx context.Context, since, schemaDir string) (*documents.Changes, error) {
	if _, err := git(ctx, "rev-parse", "--show-toplevel"); err != nil {
		return nil, err
	}
	if since == "" {
		since = "HEAD"
		if out, err := git(ctx, "status", "--porcelain"); err == nil && len(bytes.TrimSpace(out)) == 0 {
			since = "HEAD~1"
		}
	}
	if strings.HasPrefix(since, "-") {
		return nil, usagef("--since %q is no revision", since)
	}
	if _, err := git(ctx, "rev-parse", "--verify", "--quiet", since+"^{commit}"); err != nil {
		return nil, usagef("there is no revision %q", since)
	}
	args := []string{}
	if schemaDir != "" {
		args = append(args, schemaDir)
	}
	dir := filepath.ToSlash(filepath.Clean(defaultSchemaDir(args)))
	files, err := changedPaths(ctx, since)
	if err != nil {
		return nil, err
	}
	c := &documents.Changes{Schema: []documents.SchemaChange{}, Files: []documents.FileChange{}}
	if slices.ContainsFunc(files, func(f changedPath) bool { return strings.HasPrefix(f.path, dir+"/") }) {
		if c.Schema, err = schemaChanges(ctx, since, dir); err != nil {
			return nil, err
		}
	}
	c.Files = summaries(files, c.Schema, dir)
	var paths []string
	for _, f := range files {
		paths = append(paths, f.path)
	}
	c.Title = documents.Title(c.Schema, paths)
	return c, nil
}

// changedPath is a file that differs: status A, M, D or R, and the lines that came and went.
type changedPath struct {
	path, status string
	plus, minus  string
}

// changedPaths lists the files that differ from a revision, untracked ones included, relative to the working
// directory.
func changedPaths(ctx context.Context, since string) ([]changedPath, error) {
	status, err := git(ctx, "diff", "--relative", "--no-renames", "--name-status", "-z", since, "--", ".")
	if err != nil {
		return nil, err
	}
	var out []changedPath
	parts := strings.Split(strings.TrimSuffix(string(status), "\x00"), "\x00")
	for i := 0; i+1 < len(parts); i += 2 {
		out = append(out, changedPath{status: parts[i][:1], path: parts[i+1]})
	}
	stat, err := git(ctx, "diff", "--relative", "--no-renames", "--numstat", "-z", since, "--", ".")
	if err != nil {
		return nil, err
	}
	for _, l := range strings.Split(string(stat), "\x00") {
		f := strings.SplitN(l, "\t", 3)
		for i := range out {
			if len(f) == 3 && out[i].path == f[2] {
				out[i].plus, out[i].minus = f[0], f[1]
			}
		}
	}
	fresh, err := git(ctx, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
	if err != nil {
		return nil, err
	}
	for _, p := range strings.Split(strings.TrimSuffix(string(fresh), "\x00"), "\x00") {
		if p != "" {
			out = append(out, changedPath{status: "A", path: p})
		}
	}
	slices.SortFunc(out, func(a, b changedPath) int { return strings.Compare(a.path, b.path) })
	return out, nil
}

// schemaChanges loads the schema as it is and as it was.
func schemaChanges(ctx context.Context, since, dir string) ([]documents.SchemaChange, error) {
	now, err := loadOrEmpty(ctx, dir, "")
	if err != nil {
		return nil, projectError(err)
	}
	tmp, err := os.MkdirTemp("", "plinth-changes-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	// The whole module: the schema may import other packages of it.
	prefix, err := git(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	top, err := git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	archive := exec.CommandContext(ctx, "git", "archive", "--format=tar", since)
	archive.Dir = strings.TrimSpace(string(top))
	data, err := archive.Output()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", since, err)
	}
	if err := untar(bytes.NewReader(data), tmp); err != nil {
		return nil, fmt.Errorf("reading %s: %w", since, err)
	}
	base := filepath.Join(tmp, filepath.FromSlash(strings.TrimSpace(string(prefix))))
	if err := absoluteReplaces(base); err != nil {
		return nil, err
	}
	before, err := loadOrEmpty(ctx, filepath.Join(base, filepath.FromSlash(dir)), base)
	if err != nil {
		return nil, exit(ExitUsage, fmt.Errorf("loading the schema of %s: %w", since, err))
	}
	return documents.SchemaChanges(before, now), nil
}

// loadOrEmpty loads a schema; a directory without one is an empty design.
func loadOrEmpty(ctx context.Context, dir, base string) (*schemagraph.Graph, error) {
	if files, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(files) == 0 {
		return &schemagraph.Graph{Dialect: schemagraph.Postgres}, nil
	}
	d, err := entload.LoadDesign(ctx, entload.Options{Path: dir, Base: base})
	if err != nil {
		return nil, err
	}
	return d.Graph, nil
}

var relativeReplace = regexp.MustCompile(`(=>\s+)(\.\.?/\S+)`)

// absoluteReplaces lets replace directives of a copied go.mod point where they pointed before.
func absoluteReplaces(dir string) error {
	file := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return nil // the module's root is further up, or there was none yet
	}
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	fixed := relativeReplace.ReplaceAllFunc(data, func(m []byte) []byte {
		g := relativeReplace.FindSubmatch(m)
		return append(g[1], []byte(filepath.Join(cwd, string(g[2])))...)
	})
	return os.WriteFile(file, fixed, 0o644)
}

func untar(r io.Reader, dir string) error {
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(path.Clean("/"+h.Name)))
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(to, 0o755)
		case tar.TypeReg:
			if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
				var f *os.File
				if f, err = os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, fs.FileMode(h.Mode)&0o777|0o600); err == nil {
					_, err = io.Copy(f, tr)
					err = errors.Join(err, f.Close())
				}
			}
		}
		if err != nil {
			return err
		}
	}
}

// summaries are the rows of the table: schema files with what changed in the design, generated files together.
func summaries(files []changedPath, changes []documents.SchemaChange, dir string) []documents.FileChange {
	byFile := map[string][]string{}
	for _, c := range changes {
		byFile[c.File] = append(byFile[c.File], c.String())
	}
	out := []documents.FileChange{}
	generated := map[string]int{}
	ent := path.Dir(dir)
	for _, f := range files {
		row := documents.FileChange{File: f.path}
		switch said := byFile[f.path]; {
		case len(said) > 0:
			row.Summary = strings.Join(said, "; ")
			delete(byFile, f.path)
		case isGenerated(f.path, ent, dir):
			generated[path.Dir(f.path)]++
			continue
		case strings.HasSuffix(f.path, ".up.sql") || strings.HasSuffix(f.path, ".down.sql"):
			row.Summary = migrationSummary(f)
		default:
			row.Summary = plainSummary(f)
		}
		out = append(out, row)
	}
	n := 0
	for _, k := range generated {
		n += k
	}
	if n > 0 {
		out = append(out, documents.FileChange{File: ent + "/", Summary: fmt.Sprintf("regenerated, %d files", n)})
	}
	var rest []string
	for file := range byFile {
		rest = append(rest, file)
	}
	slices.Sort(rest)
	for _, file := range rest { // by way of a file that did not change itself: a mixin, a constant
		out = append(out, documents.FileChange{File: file, Summary: strings.Join(byFile[file], "; ")})
	}
	return out
}

func isGenerated(file, ent, dir string) bool {
	return ent != "." && strings.HasPrefix(file, ent+"/") && !strings.HasPrefix(file, dir+"/") && file != ent+"/generate.go" ||
		strings.HasSuffix(file, "_gen.go")
}

func plainSummary(f changedPath) string {
	switch f.status {
	case "A":
		return "added"
	case "D":
		return "removed"
	}
	if f.plus == "-" || f.plus == "" {
		return "changed"
	}
	return fmt.Sprintf("changed, %s lines added, %s removed", f.plus, f.minus)
}

var ddl = regexp.MustCompile(`(?im)^\s*(create(?:\s+unique)?|alter|drop)\s+(table|index|extension|type|trigger|function|policy)\b`)

// migrationSummary counts a migration's statements by kind.
func migrationSummary(f changedPath) string {
	if f.status == "D" {
		return "removed migration"
	}
	data, err := os.ReadFile(filepath.FromSlash(f.path))
	if err != nil {
		return plainSummary(f)
	}
	count := map[string]int{}
	var kinds []string
	for _, m := range ddl.FindAllStringSubmatch(string(data), -1) {
		k := strings.ToLower(strings.Fields(m[1])[0] + " " + m[2])
		if count[k] == 0 {
			kinds = append(kinds, k)
		}
		count[k]++
	}
	var parts []string
	for _, k := range kinds {
		parts = append(parts, fmt.Sprintf("%d × %s", count[k], k))
	}
	what := "migration up"
	if strings.HasSuffix(f.path, ".down.sql") {
		what = "migration down"
	}
	if len(parts) > 0 {
		what += ": " + strings.Join(parts, ", ")
	}
	if f.status == "M" {
		what = "edited " + what
	}
	return what
}
