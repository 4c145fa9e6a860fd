package project

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/migrate"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// The file's blocks, as schemahcl decodes them.
type (
	fileSpec struct {
		Envs   []*envSpec  `spec:"env"`
		Lint   *lintSpec   `spec:"lint"`
		Diff   *diffSpec   `spec:"diff"`
		Test   *testSpec   `spec:"test"`
		Format *formatSpec `spec:"format"`
		schemahcl.DefaultExtension
	}
	envSpec struct {
		Name      string         `spec:"name,name"`
		URL       string         `spec:"url"`
		Dev       string         `spec:"dev"`
		Schemas   []string       `spec:"schemas"`
		Exclude   []string       `spec:"exclude"`
		Schema    *schemaSpec    `spec:"schema"`
		Migration *migrationSpec `spec:"migration"`
		Diff      *diffSpec      `spec:"diff"`
		Lint      *lintSpec      `spec:"lint"`
		Format    *formatSpec    `spec:"format"`
		Log       *formatSpec    `spec:"log"`
		Test      *testSpec      `spec:"test"`
		schemahcl.DefaultExtension
	}
	schemaSpec struct {
		schemahcl.DefaultExtension
	}
	migrationSpec struct {
		Dir             string   `spec:"dir"`
		Exclude         []string `spec:"exclude"`
		Format          string   `spec:"format"`
		Baseline        string   `spec:"baseline"`
		ExecOrder       string   `spec:"exec_order"`
		TxMode          string   `spec:"tx_mode"`
		LockTimeout     string   `spec:"lock_timeout"`
		RevisionsSchema string   `spec:"revisions_schema"`
		schemahcl.DefaultExtension
	}
	diffSpec struct {
		schemahcl.DefaultExtension
	}
	lintSpec struct {
		Format string `spec:"format"`
		Log    string `spec:"log"`
		Latest int    `spec:"latest"`
		Review string `spec:"review"`
		Git    struct {
			Dir  string `spec:"dir"`
			Base string `spec:"base"`
		} `spec:"git"`
		schemahcl.DefaultExtension
	}
	formatSpec struct {
		Migrate struct {
			Apply  string `spec:"apply"`
			Down   string `spec:"down"`
			Lint   string `spec:"lint"`
			Status string `spec:"status"`
			Diff   string `spec:"diff"`
			schemahcl.DefaultExtension
		} `spec:"migrate"`
		Schema struct {
			Apply   string `spec:"apply"`
			Diff    string `spec:"diff"`
			Inspect string `spec:"inspect"`
			Clean   string `spec:"clean"`
			schemahcl.DefaultExtension
		} `spec:"schema"`
		schemahcl.DefaultExtension
	}
	testSpec struct {
		Migrate struct {
			Src []string `spec:"src"`
			schemahcl.DefaultExtension
		} `spec:"migrate"`
		Schema struct {
			Src []string `spec:"src"`
			schemahcl.DefaultExtension
		} `spec:"schema"`
		schemahcl.DefaultExtension
	}
)

// evaluation is what one Load carries around.
type evaluation struct {
	path, base string
	opts       Options
	docs       map[string]*Document
	dirs       map[string]migrate.Dir
}

// Load evaluates the project file at path. Relative paths inside the functions file, glob and fileset and of data
// sources are relative to the file's directory, as with the atlas CLI.
func Load(ctx context.Context, path string, opts Options) (*Project, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("config file %q was not found: %w", path, err)
		}
		return nil, fmt.Errorf("reading project file: %w", err)
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("reading project file: %w", err)
	}
	parser := hclparse.NewParser()
	file, diags := parser.ParseHCL(src, path)
	if diags.HasErrors() {
		return nil, fmt.Errorf("reading project file: %w", diagError(diags))
	}
	body := file.Body.(*hclsyntax.Body)
	p := &Project{Path: path, Names: envNames(body), Warnings: unknown(path, body)}
	if err := checkVariables(path, body, opts.Vars); err != nil {
		return nil, err
	}
	if err := checkData(path, body); err != nil {
		return nil, err
	}
	file.Body = selectEnv(body, opts.Env)
	ev := &evaluation{path: path, base: base, opts: opts, docs: map[string]*Document{}, dirs: map[string]migrate.Dir{}}
	spec := &fileSpec{}
	if err := ev.state(ctx).Eval(parser, spec, Inputs(opts.Vars)); err != nil {
		var d hcl.Diagnostics
		if errors.As(err, &d) {
			err = diagError(d)
		} else {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return nil, RedactError(fmt.Errorf("evaluating project file: %w", err))
	}
	if p.Global, err = ev.env(spec, &envSpec{}); err != nil {
		return nil, err
	}
	for _, es := range spec.Envs {
		if es.Name != opts.Env || opts.Env == "" {
			continue
		}
		e, err := ev.env(spec, es)
		if err != nil {
			return nil, err
		}
		p.Envs = append(p.Envs, e)
	}
	if opts.Env != "" && len(p.Envs) == 0 {
		hint := ""
		if len(p.Names) > 0 {
			hint = "; the file defines: " + strings.Join(p.Names, ", ")
			if s := closest(opts.Env, p.Names); s != "" {
				hint = fmt.Sprintf("; did you mean %q?", s)
			}
		}
		return nil, fmt.Errorf("env %q not defined in config file %s%s", opts.Env, path, hint)
	}
	return p, nil
}

// diagError shortens diagnostics to file:line:column: summary; detail, one a line.
func diagError(diags hcl.Diagnostics) error {
	var lines []string
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		where := ""
		if d.Subject != nil {
			where = fmt.Sprintf("%s:%d:%d: ", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column)
		}
		text := d.Summary
		if d.Detail != "" {
			text += "; " + d.Detail
		}
		lines = append(lines, where+text)
	}
	return errors.New(strings.Join(lines, "\n"))
}

// state is the evaluator with the functions, data sources and enumerations of a project file.
func (ev *evaluation) state(ctx context.Context) *schemahcl.State {
	opts := []schemahcl.Option{
		schemahcl.WithContext(ctx),
		schemahcl.WithScopedEnums("env.migration.format", Formats...),
		schemahcl.WithScopedEnums("env.migration.exec_order", "LINEAR", "LINEAR_SKIP", "NON_LINEAR"),
		schemahcl.WithScopedEnums("env.migration.tx_mode", "FILE", "ALL", "NONE"),
		schemahcl.WithScopedEnums("env.lint.review", "ALWAYS", "WARNING", "ERROR"),
		schemahcl.WithScopedEnums("lint.review", "ALWAYS", "WARNING", "ERROR"),
		schemahcl.WithVariables(map[string]cty.Value{
			"atlas": cty.ObjectVal(map[string]cty.Value{"env": cty.StringVal(ev.opts.Env)}),
		}),
		schemahcl.WithFunctions(map[string]function.Function{
			"file":    schemahcl.MakeFileFunc(ev.base),
			"glob":    schemahcl.MakeGlobFunc(ev.base),
			"fileset": schemahcl.MakeFileSetFunc(ev.base),
			"getenv":  getenv,
		}),
		schemahcl.WithInitBlock("atlas", atlasBlock),
		schemahcl.WithTypeLabelBlock("docker", "postgres", dockerBlock),
	}
	for name, h := range ev.sources() {
		opts = append(opts, schemahcl.WithDataSource(name, h))
	}
	return schemahcl.New(opts...)
}

// Formats are the names of the migration directories' formats.
var Formats = []string{"atlas", "golang-migrate", "goose", "flyway", "liquibase", "dbmate"}

var getenv = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "key", Type: cty.String}},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return cty.StringVal(os.Getenv(args[0].AsString())), nil
	},
})

// atlasBlock evaluates the block of the vendor's cloud to nothing: local use needs none of it. The variable
// atlas.env stays.
func atlasBlock(_ context.Context, ctx *hcl.EvalContext, _ *hclsyntax.Block) (cty.Value, error) {
	for c := ctx; c != nil; c = c.Parent() {
		if v, ok := c.Variables["atlas"]; ok {
			return v, nil
		}
	}
	return cty.ObjectVal(map[string]cty.Value{"env": cty.StringVal("")}), nil
}

// dockerBlock turns docker "postgres" "dev" { image = "postgres:15" } into the URL of a throwaway database.
func dockerBlock(_ context.Context, ctx *hcl.EvalContext, b *hclsyntax.Block) (cty.Value, error) {
	image, schema := "postgres:15", ""
	for name, a := range b.Body.Attributes {
		v, diags := a.Expr.Value(ctx)
		if diags.HasErrors() {
			return cty.NilVal, diags
		}
		switch {
		case v.Type() != cty.String:
		case name == "image":
			image = v.AsString()
		case name == "schema":
			schema = v.AsString()
		case name == "baseline":
			return cty.NilVal, fmt.Errorf("%s:%d: docker %q: baseline is not supported; put its statements in a first migration",
				b.TypeRange.Filename, a.SrcRange.Start.Line, b.Labels[1])
		}
	}
	_, tag, ok := strings.Cut(image, ":")
	if !ok {
		tag = "15"
	}
	u := "docker://postgres/" + tag + "/dev"
	if schema != "" {
		u += "?search_path=" + schema
	}
	return cty.ObjectVal(map[string]cty.Value{"url": cty.StringVal(u)}), nil
}

// Inputs are the variables as HCL values: one string, or a list where a name was given more than once.
func Inputs(vars map[string][]string) map[string]cty.Value {
	in := make(map[string]cty.Value, len(vars))
	for k, vs := range vars {
		if len(vs) == 1 {
			in[k] = cty.StringVal(vs[0])
			continue
		}
		list := make([]cty.Value, len(vs))
		for i, v := range vs {
			list[i] = cty.StringVal(v)
		}
		if len(list) > 0 {
			in[k] = cty.ListVal(list)
		}
	}
	return in
}

// selectEnv drops the environments that were not asked for, so that what they need is not evaluated. A labelled
// block wins over one that is named by atlas.env.
func selectEnv(body *hclsyntax.Body, env string) *hclsyntax.Body {
	var labelled, dynamic, rest []*hclsyntax.Block
	for _, b := range body.Blocks {
		switch {
		case b.Type != "env":
			rest = append(rest, b)
		case env != "" && len(b.Labels) == 1 && b.Labels[0] == env:
			labelled = append(labelled, b)
		case env != "" && len(b.Labels) == 0 && namedByAtlasEnv(b):
			dynamic = append(dynamic, b)
		case env != "" && len(b.Labels) == 0 && literalName(b) == env:
			labelled = append(labelled, b)
		}
	}
	if len(labelled) == 0 {
		labelled = dynamic
	}
	return &hclsyntax.Body{Blocks: append(rest, labelled...), Attributes: body.Attributes, SrcRange: body.SrcRange, EndRange: body.EndRange}
}

func namedByAtlasEnv(b *hclsyntax.Block) bool {
	a := b.Body.Attributes["name"]
	if a == nil {
		return false
	}
	for _, t := range a.Expr.Variables() {
		if t.RootName() != "atlas" || len(t) != 2 {
			continue
		}
		if at, ok := t[1].(hcl.TraverseAttr); ok && at.Name == "env" {
			return true
		}
	}
	return false
}

func literalName(b *hclsyntax.Block) string {
	a := b.Body.Attributes["name"]
	if a == nil {
		return ""
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || v.Type() != cty.String || v.IsNull() {
		return ""
	}
	return v.AsString()
}

func envNames(body *hclsyntax.Body) []string {
	var names []string
	seen := map[string]bool{}
	for _, b := range body.Blocks {
		if b.Type != "env" {
			continue
		}
		name := literalName(b)
		if len(b.Labels) == 1 {
			name = b.Labels[0]
		}
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
