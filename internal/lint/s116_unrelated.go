package lint

import "slices"

var s116 = &schemaRule{
	Rule: Rule{
		Code: "S116", Slug: "table-unrelated", Severity: Info, Fix: FixNone, Since: "0.1",
		Title: "table that nothing relates to",
		Rationale: "A table without a foreign key in or out is often one whose foreign keys were forgotten. " +
			"Tables that stand alone by nature are not judged: settings, audit trails, outboxes, queues, caches, and any in a design that has no foreign keys at all.",
		FixText: "add the foreign keys that were forgotten, or allow it with the reason",
		Source:  "SchemaSpy, anomalies: tables without relationships",
		Options: []Option{{Name: "alone", Default: "settings, setting, config, configuration, configs, preferences, audit, audits, log, logs, event, events, outbox, inbox, queue, job, jobs, task_queue, cache, lock, locks, migration, migrations, feature, flags, flag, revision, revisions, version, versions, history, archive, backup, staging, tmp, temp, import, stats, metrics, metric, currencies, countries, currency, country, languages, language, timezones", Doc: "words in the names of tables that may stand alone"}},
	},
	check: func(p *pass) {
		related := 0
		for _, t := range p.tables {
			if len(t.ForeignKeys) > 0 || len(t.refs) > 0 {
				related++
			}
		}
		if related < 2 {
			return
		}
		alone := p.list("alone")
		for _, t := range p.tables {
			if len(t.ForeignKeys) > 0 || len(t.refs) > 0 || len(t.inParts) > 0 || t.small || hasAny(words(t.Table.Name), alone...) || slices.Contains(alone, t.Table.Name) {
				continue
			}
			p.report(p.onTable(t), "", "nothing refers to %s, and it refers to nothing", t.name)
		}
	},
}
