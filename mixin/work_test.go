package mixin_test

import (
	"context"
	"errors"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin/internal/testent/work"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/label"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/predicate"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/project"
	_ "github.com/plinth-go/plinth/mixin/internal/testent/work/runtime"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/setting"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/task"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/team"
)

// workWorld is the client whose mixins have their usual names.
type workWorld struct{ c *work.Client }

var _ world = workWorld{}

func newWork(t *testing.T, drv dialect.Driver) world {
	c := work.NewClient(work.Driver(drv))
	require.NoError(t, c.Schema.Create(t.Context()))
	return workWorld{c}
}

func workID(k key) uuid.UUID {
	id, _ := k.(uuid.UUID)
	return id
}

func (w workWorld) Top(ctx context.Context, name string) (key, error) {
	v, err := w.c.Team.Create().SetName(name).Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w workWorld) Root(ctx context.Context, name string, top key, tenant *uuid.UUID) (key, error) {
	b := w.c.Project.Create().SetName(name)
	if top != nil {
		b.SetTeamID(workID(top))
	}
	if tenant != nil {
		b.SetTenantID(*tenant)
	}
	v, err := b.Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w workWorld) Roots(ctx context.Context, tenant *uuid.UUID, names ...string) error {
	var bs []*work.ProjectCreate
	for i, n := range names {
		b := w.c.Project.Create().SetName(n)
		if tenant != nil && i == len(names)-1 {
			b.SetTenantID(*tenant)
		}
		bs = append(bs, b)
	}
	return w.c.Project.CreateBulk(bs...).Exec(ctx)
}

func (w workWorld) Child(ctx context.Context, name string, root, parent key) (key, error) {
	b := w.c.Task.Create().SetTitle(name).SetProjectID(workID(root))
	if parent != nil {
		b.SetParentID(workID(parent))
	}
	v, err := b.Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w workWorld) Leaf(ctx context.Context, body string, child key) (key, error) {
	v, err := w.c.Note.Create().SetBody(body).SetTaskID(workID(child)).Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w workWorld) Tag(ctx context.Context, name string, roots ...key) (key, error) {
	b := w.c.Label.Create().SetName(name)
	for _, r := range roots {
		b.AddProjectIDs(workID(r))
	}
	v, err := b.Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w workWorld) Plain(ctx context.Context, name, value string) (key, error) {
	v, err := w.c.Setting.Create().SetKey(name).SetValue(value).Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func workRoot(v *work.Project) root {
	return root{
		Name: v.Name, Tenant: v.TenantID, Version: v.Version, Budget: v.Budget,
		CreatedBy: v.CreatedBy, UpdatedBy: v.UpdatedBy, Deleted: v.DeletedAt != nil, Changed: v.UpdatedAt.After(v.CreatedAt),
		ChildrenNow: func(ctx context.Context) (int, error) { return v.QueryTasks().Count(ctx) },
	}
}

func (w workWorld) GetRoot(ctx context.Context, id key) (root, error) {
	v, err := w.c.Project.Get(ctx, workID(id))
	if err != nil {
		return root{}, err
	}
	return workRoot(v), nil
}

func workProjects(vs []*work.Project, err error) ([]string, error) {
	return names(vs, err, func(v *work.Project) string { return v.Name })
}

func workTasks(vs []*work.Task, err error) ([]string, error) {
	return names(vs, err, func(v *work.Task) string { return v.Title })
}

func workLabels(vs []*work.Label, err error) ([]string, error) {
	return names(vs, err, func(v *work.Label) string { return v.Name })
}

func workTeams(vs []*work.Team, err error) ([]string, error) {
	return names(vs, err, func(v *work.Team) string { return v.Name })
}

func (w workWorld) AllRoots(ctx context.Context) ([]string, error) {
	return workProjects(w.c.Project.Query().All(ctx))
}
func (w workWorld) CountRoots(ctx context.Context) (int, error) {
	return w.c.Project.Query().Count(ctx)
}
func (w workWorld) ExistRoot(ctx context.Context) (bool, error) {
	return w.c.Project.Query().Exist(ctx)
}
func (w workWorld) RootIDs(ctx context.Context) (int, error) {
	ids, err := w.c.Project.Query().IDs(ctx)
	return len(ids), err
}

func (w workWorld) SelectRoots(ctx context.Context) ([]string, error) {
	ns, err := w.c.Project.Query().Select(project.FieldName).Strings(ctx)
	return names(ns, err, func(n string) string { return n })
}

func (w workWorld) GroupRoots(ctx context.Context) (int, error) {
	var v []struct {
		Name  string
		Count int
	}
	err := w.c.Project.Query().GroupBy(project.FieldName).Aggregate(work.Count()).Scan(ctx, &v)
	return len(v), err
}

func (w workWorld) SumBudgets(ctx context.Context) (int64, error) {
	var v []struct{ Sum *int64 }
	if err := w.c.Project.Query().Aggregate(work.Sum(project.FieldBudget)).Scan(ctx, &v); err != nil || v[0].Sum == nil {
		return 0, err
	}
	return *v[0].Sum, nil
}

func (w workWorld) AllChildren(ctx context.Context) ([]string, error) {
	return workTasks(w.c.Task.Query().All(ctx))
}

func (w workWorld) AllLeaves(ctx context.Context) ([]string, error) {
	vs, err := w.c.Note.Query().All(ctx)
	return names(vs, err, func(v *work.Note) string { return v.Body })
}

func (w workWorld) AllTags(ctx context.Context) ([]string, error) {
	return workLabels(w.c.Label.Query().All(ctx))
}

func (w workWorld) RootsOfTop(ctx context.Context, top key) ([]string, error) {
	v, err := w.c.Team.Get(ctx, workID(top))
	if err != nil {
		return nil, err
	}
	return workProjects(v.QueryProjects().All(ctx))
}

func (w workWorld) ChildrenOfRoots(ctx context.Context) ([]string, error) {
	return workTasks(w.c.Project.Query().QueryTasks().All(ctx))
}

func (w workWorld) RootsOfChildren(ctx context.Context) ([]string, error) {
	return workProjects(w.c.Task.Query().QueryProject().All(ctx))
}

func (w workWorld) TagsOfRoots(ctx context.Context) ([]string, error) {
	return workLabels(w.c.Project.Query().QueryLabels().All(ctx))
}

func (w workWorld) TaggedOnPath(ctx context.Context) ([]string, error) {
	return workProjects(w.c.Team.Query().QueryProjects().Where(project.HasLabels()).Order(project.ByLabelsCount()).Unique(false).All(ctx))
}

func (w workWorld) EagerChildren(ctx context.Context) (map[string][]string, error) {
	vs, err := w.c.Project.Query().WithTasks().All(ctx)
	out := map[string][]string{}
	for _, v := range vs {
		out[v.Name], _ = workTasks(v.Edges.Tasks, nil)
	}
	return out, err
}

func (w workWorld) EagerTags(ctx context.Context) (map[string][]string, error) {
	vs, err := w.c.Project.Query().WithLabels().All(ctx)
	out := map[string][]string{}
	for _, v := range vs {
		out[v.Name], _ = workLabels(v.Edges.Labels, nil)
	}
	return out, err
}

func (w workWorld) EagerRoot(ctx context.Context) (map[string]string, error) {
	vs, err := w.c.Task.Query().WithProject().All(ctx)
	out := map[string]string{}
	for _, v := range vs {
		out[v.Title] = ""
		if v.Edges.Project != nil {
			out[v.Title] = v.Edges.Project.Name
		}
	}
	return out, err
}

func (w workWorld) TopsWithRoots(ctx context.Context) ([]string, error) {
	return workTeams(w.c.Team.Query().Where(team.HasProjects()).All(ctx))
}

func (w workWorld) TopsWithRootNamed(ctx context.Context, name string) ([]string, error) {
	return workTeams(w.c.Team.Query().Where(team.HasProjectsWith(project.Name(name))).All(ctx))
}

func (w workWorld) TopsWithTagNamed(ctx context.Context, name string) ([]string, error) {
	return workTeams(w.c.Team.Query().Where(team.HasProjectsWith(project.HasLabelsWith(label.Name(name)))).All(ctx))
}

func (w workWorld) CountTopsWithRoots(ctx context.Context) (int, error) {
	return w.c.Team.Query().Where(team.HasProjects()).Count(ctx)
}

func (w workWorld) TopIDsWithoutRoots(ctx context.Context) (int, error) {
	ids, err := w.c.Team.Query().Where(team.Or(team.Not(team.HasProjects()), team.Name("none"))).IDs(ctx)
	return len(ids), err
}

func (w workWorld) RootsWithTags(ctx context.Context) ([]string, error) {
	return workProjects(w.c.Project.Query().Where(project.HasLabels()).All(ctx))
}

func (w workWorld) RootsWithTagNamed(ctx context.Context, name string) ([]string, error) {
	return workProjects(w.c.Project.Query().Where(project.HasLabelsWith(label.Name(name))).All(ctx))
}

func (w workWorld) ChildrenWithRoot(ctx context.Context) ([]string, error) {
	return workTasks(w.c.Task.Query().Where(task.HasProject()).All(ctx))
}

func (w workWorld) ChildrenWithParent(ctx context.Context) ([]string, error) {
	return workTasks(w.c.Task.Query().Where(task.HasParent()).All(ctx))
}

func (w workWorld) TopsByRootCount(ctx context.Context) ([]string, error) {
	vs, err := w.c.Team.Query().Order(team.ByProjectsCount(sql.OrderDesc()), team.ByName()).All(ctx)
	return inOrder(vs, err, func(v *work.Team) string { return v.Name })
}

func (w workWorld) RootsByTagCount(ctx context.Context) ([]string, error) {
	vs, err := w.c.Project.Query().Order(project.ByLabelsCount(sql.OrderDesc()), project.ByName()).All(ctx)
	return inOrder(vs, err, func(v *work.Project) string { return v.Name })
}

func (w workWorld) Reuse(first, second context.Context) (int, int, error) {
	q := w.c.Project.Query()
	a, err1 := q.Count(first)
	b, err2 := q.Count(second)
	return a, b, errors.Join(err1, err2)
}

func (w workWorld) PlainValue(ctx context.Context, id key) (string, []string, error) {
	v, err := w.c.Setting.Query().Where(setting.ID(workID(id))).WithLabels().Only(ctx)
	if err != nil {
		return "", nil, err
	}
	tags, err := workLabels(v.Edges.Labels, nil)
	return v.Value, tags, err
}

func (w workWorld) RenameRoot(ctx context.Context, id key, name string) error {
	return w.c.Project.UpdateOneID(workID(id)).SetName(name).Exec(ctx)
}

func (w workWorld) RenameRootFrom(ctx context.Context, id key, name string, version int64) error {
	return w.c.Project.UpdateOneID(workID(id)).SetName(name).SetVersion(version).Exec(ctx)
}

func (w workWorld) RenameLoaded(ctx context.Context, id key, names ...string) error {
	v, err := w.c.Project.Get(ctx, workID(id))
	for _, n := range names {
		if err == nil {
			err = w.c.Project.UpdateOne(v).SetName(n).Exec(ctx)
		}
	}
	return err
}

func (w workWorld) RenameRootIfTagged(ctx context.Context, id key, name string) error {
	return w.c.Project.UpdateOneID(workID(id)).Where(project.HasLabels()).SetName(name).Exec(ctx)
}

func (w workWorld) RenameRoots(ctx context.Context, from, to string) (int, error) {
	return w.c.Project.Update().Where(project.Name(from)).SetName(to).Save(ctx)
}

func (w workWorld) RenameTopIfRooted(ctx context.Context, top key, name string) error {
	return w.c.Team.UpdateOneID(workID(top)).Where(team.HasProjects()).SetName(name).Exec(ctx)
}

func (w workWorld) RenameTopsIfRooted(ctx context.Context, name string) (int, error) {
	return w.c.Team.Update().Where(team.HasProjects()).SetName(name).Save(ctx)
}

func (w workWorld) SetPlain(ctx context.Context, id key, value string) error {
	return w.c.Setting.UpdateOneID(workID(id)).SetValue(value).Exec(ctx)
}

func (w workWorld) TouchPlain(ctx context.Context, id key) error {
	return w.c.Setting.UpdateOneID(workID(id)).Exec(ctx)
}

func (w workWorld) TagPlain(ctx context.Context, id, tag key) error {
	return w.c.Setting.UpdateOneID(workID(id)).AddLabelIDs(workID(tag)).Exec(ctx)
}

func (w workWorld) TagPlains(ctx context.Context, tag key) (int, error) {
	return w.c.Setting.Update().AddLabelIDs(workID(tag)).Save(ctx)
}

func (w workWorld) SetDeleted(ctx context.Context, id key) error {
	v, err := w.c.Project.Get(ctx, workID(id))
	if err != nil {
		return err
	}
	return w.c.Project.UpdateOne(v).SetDeletedAt(v.CreatedAt).Exec(ctx)
}

// workKey is the partial unique index that an upsert of projects meets.
var workKey = []sql.ConflictOption{
	sql.ConflictColumns(project.FieldTenantID, project.FieldName), sql.ConflictWhere(sql.IsNull(project.FieldDeletedAt)),
}

func (w workWorld) UpsertRoot(ctx context.Context, name string, budget int64) error {
	return w.c.Project.Create().SetName(name).SetBudget(budget).OnConflict(workKey...).UpdateNewValues().Exec(ctx)
}

func (w workWorld) UpsertRoots(ctx context.Context, budget int64, names ...string) error {
	var bs []*work.ProjectCreate
	for _, n := range names {
		bs = append(bs, w.c.Project.Create().SetName(n).SetBudget(budget))
	}
	return w.c.Project.CreateBulk(bs...).OnConflict(workKey...).UpdateNewValues().Exec(ctx)
}

func (w workWorld) UpsertPlain(ctx context.Context, name, value string) error {
	return w.c.Setting.Create().SetKey(name).SetValue(value).OnConflictColumns(setting.FieldKey).UpdateNewValues().Exec(ctx)
}

func (w workWorld) UpsertPlains(ctx context.Context, value string, names ...string) error {
	var bs []*work.SettingCreate
	for _, n := range names {
		bs = append(bs, w.c.Setting.Create().SetKey(n).SetValue(value))
	}
	return w.c.Setting.CreateBulk(bs...).OnConflictColumns(setting.FieldKey).UpdateNewValues().Exec(ctx)
}

func (w workWorld) UpsertPlainWhere(ctx context.Context, name, value string) error {
	return w.c.Setting.Create().SetKey(name).SetValue(value).
		OnConflict(sql.ConflictColumns(setting.FieldKey), sql.UpdateWhere(sql.EQ(setting.FieldValue, "old"))).UpdateNewValues().Exec(ctx)
}

func (w workWorld) DeleteRoot(ctx context.Context, id key) error {
	return w.c.Project.DeleteOneID(workID(id)).Exec(ctx)
}

func (w workWorld) DeleteRoots(ctx context.Context, names ...string) (int, error) {
	var ps []predicate.Project
	if len(names) > 0 {
		ps = append(ps, project.NameIn(names...))
	}
	return w.c.Project.Delete().Where(ps...).Exec(ctx)
}

func (w workWorld) DeleteTopsIfRooted(ctx context.Context) (int, error) {
	return w.c.Team.Delete().Where(team.HasProjects()).Exec(ctx)
}

func (w workWorld) DeleteChild(ctx context.Context, id key) error {
	return w.c.Task.DeleteOneID(workID(id)).Exec(ctx)
}

func (w workWorld) DeleteTag(ctx context.Context, id key) error {
	return w.c.Label.DeleteOneID(workID(id)).Exec(ctx)
}

func (w workWorld) DeletePlain(ctx context.Context, id key) error {
	return w.c.Setting.DeleteOneID(workID(id)).Exec(ctx)
}

func (w workWorld) RestoreRoots(ctx context.Context, ids ...key) (int, error) {
	var us []uuid.UUID
	for _, id := range ids {
		us = append(us, workID(id))
	}
	return w.c.Project.Restore(ctx, us...)
}

func (w workWorld) RestoreRoot(ctx context.Context, id key) error {
	return w.c.Project.UpdateOneID(workID(id)).ClearDeletedAt().Exec(ctx)
}

func (w workWorld) RestoreAndRename(ctx context.Context, id key, name string) (root, error) {
	v, err := w.c.Project.UpdateOneID(workID(id)).ClearDeletedAt().SetName(name).Save(ctx)
	if err != nil {
		return root{}, err
	}
	return workRoot(v), nil
}

func (w workWorld) InTx(ctx context.Context, do func(world) error) error {
	tx, err := w.c.Tx(ctx)
	if err != nil {
		return err
	}
	if err := do(workWorld{tx.Client()}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
