package project

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/migrate"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// refused are the data sources that need a vendor's service, and what to use instead.
var refused = map[string]string{
	"runtimevar":               `it reads secrets from a vendor's service; use getenv("NAME") or data "external"`,
	"remote_dir":               "it reads the vendor's registry; use a local directory",
	"remote_schema":            "it reads the vendor's registry; use a local file",
	"aws_rds_token":            `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"gcp_cloudsql_token":       `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"azure_access_token":       `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"bitwarden_secret":         `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"composite_schema":         "list the sources in src instead",
	"blob_dir":                 "it reads a vendor's storage; use a local directory",
	"azure_key_vault":          `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"hashicorp_vault":          `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"kubernetes_secret":        `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"aws_secretsmanager":       `it asks a vendor's service; use getenv("NAME") or data "external"`,
	"gcp_secretmanager_secret": `it asks a vendor's service; use getenv("NAME") or data "external"`,
}

func refusedNames() []string {
	names := make([]string, 0, len(refused))
	for n := range refused {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// sources are the handlers of the data blocks. schemahcl calls one only when something refers to it.
func (ev *evaluation) sources() map[string]schemahcl.BlockFunc {
	m := map[string]schemahcl.BlockFunc{
		"sql": ev.sqlSource, "external": ev.external, "external_schema": ev.externalSchema,
		"hcl_schema": ev.hclSchema, "template_dir": ev.templateDir,
	}
	for name, why := range refused {
		m[name] = func(_ context.Context, _ *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
			return cty.NilVal, blockError(b, fmt.Errorf("data source %q is not supported: %s", name, why))
		}
	}
	return m
}

func blockError(b *hclsyntax.Block, err error) error {
	return fmt.Errorf("%s:%d: data.%s: %w", b.TypeRange.Filename, b.TypeRange.Start.Line, strings.Join(b.Labels, "."), err)
}

// sqlSource runs one query and offers its first column: count, value and values.
func (ev *evaluation) sqlSource(ctx context.Context, hctx *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
	var in struct {
		URL   string    `hcl:"url"`
		Query string    `hcl:"query"`
		Args  cty.Value `hcl:"args,optional"`
	}
	if diags := gohcl.DecodeBody(b.Body, hctx, &in); diags.HasErrors() {
		return cty.NilVal, diags
	}
	var args []any
	if in.Args != cty.NilVal && !in.Args.IsNull() {
		if !in.Args.CanIterateElements() {
			return cty.NilVal, blockError(b, fmt.Errorf("attribute \"args\" must be a list, got %s", in.Args.Type().FriendlyName()))
		}
		for it := in.Args.ElementIterator(); it.Next(); {
			_, v := it.Element()
			switch v.Type() {
			case cty.String:
				args = append(args, v.AsString())
			case cty.Number:
				f, _ := v.AsBigFloat().Float64()
				args = append(args, f)
			case cty.Bool:
				args = append(args, v.True())
			default:
				return cty.NilVal, blockError(b, fmt.Errorf("attribute \"args\" must hold strings, numbers or booleans, got %s", v.Type().FriendlyName()))
			}
		}
	}
	if ev.opts.OpenDB == nil {
		return cty.NilVal, blockError(b, fmt.Errorf("this command opens no database"))
	}
	values, err := ev.query(ctx, in.URL, in.Query, args)
	if err != nil {
		return cty.NilVal, blockError(b, err)
	}
	obj := map[string]cty.Value{
		"count": cty.NumberIntVal(int64(len(values))), "value": cty.NullVal(cty.String), "values": cty.ListValEmpty(cty.String),
	}
	if len(values) > 0 {
		if !cty.CanListVal(values) {
			return cty.NilVal, blockError(b, fmt.Errorf("the query's rows are of different types"))
		}
		obj["value"], obj["values"] = values[0], cty.ListVal(values)
	}
	return cty.ObjectVal(obj), nil
}

func (ev *evaluation) query(ctx context.Context, url, query string, args []any) (values []cty.Value, err error) {
	db, err := ev.opts.OpenDB(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("opening connection: %w", err)
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("executing query: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("scanning row: %w", err)
		}
		switch v := v.(type) {
		case bool:
			values = append(values, cty.BoolVal(v))
		case int64:
			values = append(values, cty.NumberIntVal(v))
		case float64:
			values = append(values, cty.NumberFloatVal(v))
		case string:
			values = append(values, cty.StringVal(v))
		case []byte:
			values = append(values, cty.StringVal(string(v)))
		default:
			return nil, fmt.Errorf("unsupported row type %T", v)
		}
	}
	return values, rows.Err()
}

type programSpec struct {
	Program    []string `hcl:"program"`
	WorkingDir string   `hcl:"working_dir,optional"`
}

// run executes a program without a shell, in the project's directory or in one below it.
func (ev *evaluation) run(ctx context.Context, in programSpec) ([]byte, error) {
	if len(in.Program) == 0 {
		return nil, fmt.Errorf("program must name a command")
	}
	cmd := exec.CommandContext(ctx, in.Program[0], in.Program[1:]...)
	cmd.Dir = in.WorkingDir
	if !filepath.IsAbs(cmd.Dir) {
		cmd.Dir = filepath.Join(ev.base, cmd.Dir)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		msg := strings.TrimSpace(stderr.String())
		if msg != "" {
			msg = ": " + msg
		}
		return nil, fmt.Errorf("running %q: %w%s", in.Program[0], err, msg)
	}
	return out, nil
}

func (ev *evaluation) external(ctx context.Context, hctx *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
	var in programSpec
	if diags := gohcl.DecodeBody(b.Body, hctx, &in); diags.HasErrors() {
		return cty.NilVal, diags
	}
	out, err := ev.run(ctx, in)
	if err != nil {
		return cty.NilVal, blockError(b, err)
	}
	return cty.StringVal(strings.TrimSpace(string(out))), nil
}

// externalSchema registers a program that prints DDL. It is run when the state is read, not before.
func (ev *evaluation) externalSchema(_ context.Context, hctx *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
	var in programSpec
	if diags := gohcl.DecodeBody(b.Body, hctx, &in); diags.HasErrors() {
		return cty.NilVal, diags
	}
	u := "mem://external_schema/" + b.Labels[1] + ".sql"
	ev.docs[u] = &Document{Kind: "sql", Read: func(ctx context.Context) ([]byte, error) {
		out, err := ev.run(ctx, in)
		if err != nil {
			return nil, blockError(b, err)
		}
		return out, nil
	}}
	return cty.ObjectVal(map[string]cty.Value{"url": cty.StringVal(u)}), nil
}

func (ev *evaluation) hclSchema(_ context.Context, hctx *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
	var in struct {
		Path  string    `hcl:"path,optional"`
		Paths []string  `hcl:"paths,optional"`
		Vars  cty.Value `hcl:"vars,optional"`
	}
	if diags := gohcl.DecodeBody(b.Body, hctx, &in); diags.HasErrors() {
		return cty.NilVal, diags
	}
	if in.Path != "" {
		in.Paths = append(in.Paths, in.Path)
	}
	if len(in.Paths) == 0 {
		return cty.NilVal, blockError(b, fmt.Errorf("path or paths must name an HCL file"))
	}
	doc := &Document{Kind: "hcl", Vars: map[string]cty.Value{}}
	for _, p := range in.Paths {
		p = strings.TrimPrefix(p, "file://")
		if !filepath.IsAbs(p) {
			p = filepath.Join(ev.base, p)
		}
		if _, err := os.Stat(p); err != nil {
			return cty.NilVal, blockError(b, fmt.Errorf("reading schema: %w", err))
		}
		doc.Paths = append(doc.Paths, p)
	}
	if in.Vars != cty.NilVal && !in.Vars.IsNull() {
		doc.Vars = in.Vars.AsValueMap()
	}
	u := "mem://hcl_schema/" + b.Labels[1] + ".hcl"
	ev.docs[u] = doc
	return cty.ObjectVal(map[string]cty.Value{"url": cty.StringVal(u)}), nil
}

// templateDir renders a directory of Go templates into a migrations directory in memory. The files at its top are
// the migrations; those in directories below are templates they can use.
func (ev *evaluation) templateDir(_ context.Context, hctx *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
	var in struct {
		Path string    `hcl:"path"`
		Vars cty.Value `hcl:"vars,optional"`
	}
	if diags := gohcl.DecodeBody(b.Body, hctx, &in); diags.HasErrors() {
		return cty.NilVal, diags
	}
	path := strings.TrimPrefix(in.Path, "file://")
	if !filepath.IsAbs(path) {
		path = filepath.Join(ev.base, path)
	}
	vars := map[string]any{}
	if in.Vars != cty.NilVal && !in.Vars.IsNull() {
		for k, v := range in.Vars.AsValueMap() {
			vars[k] = goValue(v)
		}
	}
	dir, err := renderDir(path, vars)
	if err != nil {
		return cty.NilVal, blockError(b, err)
	}
	u := "mem://template_dir/" + b.Labels[1]
	ev.dirs[u] = dir
	return cty.ObjectVal(map[string]cty.Value{"url": cty.StringVal(u)}), nil
}

func renderDir(path string, vars map[string]any) (migrate.Dir, error) {
	root := template.New("root").Option("missingkey=error")
	var names []string
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(p) == migrate.HashFileName {
			return err
		}
		rel, err := filepath.Rel(path, p)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if _, err := root.New(filepath.ToSlash(rel)).Parse(string(text)); err != nil {
			return err
		}
		if !strings.Contains(rel, string(filepath.Separator)) && strings.HasSuffix(rel, ".sql") {
			names = append(names, rel)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading template directory: %w", err)
	}
	dir := &migrate.MemDir{}
	dir.SetPath(path)
	for _, n := range names {
		var out bytes.Buffer
		if err := root.ExecuteTemplate(&out, n, vars); err != nil {
			return nil, fmt.Errorf("rendering template: %w", err)
		}
		if err := dir.WriteFile(n, out.Bytes()); err != nil {
			return nil, err
		}
	}
	sum, err := dir.Checksum()
	if err != nil {
		return nil, err
	}
	return dir, migrate.WriteSumFile(dir, sum)
}

// goValue is the template's view of an HCL value.
func goValue(v cty.Value) any {
	switch t := v.Type(); {
	case v.IsNull():
		return nil
	case t == cty.String:
		return v.AsString()
	case t == cty.Bool:
		return v.True()
	case t == cty.Number:
		if f := v.AsBigFloat(); f.IsInt() {
			i, _ := f.Int64()
			return i
		}
		f, _ := v.AsBigFloat().Float64()
		return f
	case t.IsObjectType(), t.IsMapType():
		m := map[string]any{}
		for k, e := range v.AsValueMap() {
			m[k] = goValue(e)
		}
		return m
	case v.CanIterateElements():
		var l []any
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			l = append(l, goValue(e))
		}
		return l
	}
	return nil
}
