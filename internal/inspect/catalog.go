package inspect

// companionQuery reads the companions of one kind.
type companionQuery struct{ kind, sql string }

// companionQueries, in the order in which companions may rely on each other. The parameter is the list of schemas.
var companionQueries = []companionQuery{
	{"extension", `SELECT 'pg_extension'::regclass::oid::bigint, o.oid::bigint, '', o.extname, '', '',
	'CREATE EXTENSION IF NOT EXISTS "' || o.extname || '"' ||
	CASE WHEN n.nspname = 'public' OR NOT x.relocatable THEN '' ELSE ' WITH SCHEMA ' || quote_ident(n.nspname) END,
	'DROP EXTENSION IF EXISTS "' || o.extname || '"', ''
FROM pg_extension o JOIN pg_namespace n ON n.oid = o.extnamespace
LEFT JOIN pg_available_extension_versions x ON x.name = o.extname AND x.version = o.extversion
WHERE o.extname <> 'plpgsql' AND $1::text[] IS NOT NULL ORDER BY o.extname`},

	{"sequence", `SELECT 'pg_class'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.relname, '', '',
	'CREATE SEQUENCE ' || format('%I.%I', n.nspname, o.relname) || ' AS ' || format_type(s.seqtypid, NULL) ||
	' INCREMENT BY ' || s.seqincrement || ' MINVALUE ' || s.seqmin || ' MAXVALUE ' || s.seqmax ||
	' START WITH ' || s.seqstart || ' CACHE ' || s.seqcache || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END,
	'DROP SEQUENCE ' || format('%I.%I', n.nspname, o.relname), ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_sequence s ON s.seqrelid = o.oid
WHERE o.relkind = 'S' AND n.nspname = ANY ($1)
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = o.oid AND d.deptype IN ('i', 'e'))
ORDER BY n.nspname, o.relname`},

	{"domain", `SELECT 'pg_type'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.typname, '', '',
	'CREATE DOMAIN ' || format('%I.%I', n.nspname, o.typname) || ' AS ' || format_type(o.typbasetype, o.typtypmod) ||
	COALESCE(' DEFAULT ' || o.typdefault, '') || CASE WHEN o.typnotnull THEN ' NOT NULL' ELSE '' END ||
	COALESCE((SELECT string_agg(' CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid), '' ORDER BY c.conname)
		FROM pg_constraint c WHERE c.contypid = o.oid AND c.contype = 'c'), ''),
	'DROP DOMAIN ' || format('%I.%I', n.nspname, o.typname), ''
FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace
WHERE o.typtype = 'd' AND n.nspname = ANY ($1) AND` + ownType + `ORDER BY n.nspname, o.typname`},

	{"type", `SELECT 'pg_type'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.typname, '', '',
	'CREATE TYPE ' || format('%I.%I', n.nspname, o.typname) || ' AS ' || CASE WHEN o.typtype = 'r'
		THEN 'RANGE (SUBTYPE = ' || (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = o.oid) || ')'
		ELSE '(' || COALESCE((SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = o.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')' END,
	'DROP TYPE ' || format('%I.%I', n.nspname, o.typname), ''
FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace LEFT JOIN pg_class k ON k.oid = o.typrelid
WHERE (o.typtype = 'r' OR o.typtype = 'c' AND k.relkind = 'c') AND n.nspname = ANY ($1) AND` + ownType + `ORDER BY n.nspname, o.typname`},

	{"function", `SELECT 'pg_proc'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.proname || '(' || pg_get_function_identity_arguments(o.oid) || ')', '', '',
	pg_get_functiondef(o.oid),
	'DROP ' || CASE o.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || format('%I.%I', n.nspname, o.proname) ||
	'(' || pg_get_function_identity_arguments(o.oid) || ')',
	CASE WHEN l.lanname = 'sql' THEN COALESCE(o.prosrc, '') ELSE '' END
FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace JOIN pg_language l ON l.oid = o.prolang
WHERE o.prokind IN ('f', 'p', 'w') AND n.nspname = ANY ($1) AND` + ownProc + `ORDER BY n.nspname, o.proname, o.oid`},

	{"aggregate", `SELECT 'pg_proc'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.proname || '(' || pg_get_function_identity_arguments(o.oid) || ')', '', '',
	'CREATE AGGREGATE ' || format('%I.%I', n.nspname, o.proname) || '(' || pg_get_function_identity_arguments(o.oid) || ') (SFUNC = ' ||
	a.aggtransfn::regproc || ', STYPE = ' || format_type(a.aggtranstype, NULL) ||
	CASE WHEN a.aggfinalfn::oid <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn::regproc ELSE '' END ||
	CASE WHEN a.aggcombinefn::oid <> 0 THEN ', COMBINEFUNC = ' || a.aggcombinefn::regproc ELSE '' END ||
	COALESCE(', INITCOND = ' || quote_literal(a.agginitval), '') || ')',
	'DROP AGGREGATE ' || format('%I.%I', n.nspname, o.proname) || '(' || pg_get_function_identity_arguments(o.oid) || ')', ''
FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace JOIN pg_aggregate a ON a.aggfnoid = o.oid
WHERE n.nspname = ANY ($1) AND` + ownProc + `ORDER BY n.nspname, o.proname, o.oid`},

	{"partition", `SELECT 'pg_class'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.relname, pn.nspname, p.relname,
	'CREATE TABLE ' || format('%I.%I', n.nspname, o.relname) || ' PARTITION OF ' || format('%I.%I', pn.nspname, p.relname) || ' ' ||
	pg_get_expr(o.relpartbound, o.oid) ||
	CASE WHEN o.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(o.oid) ELSE '' END,
	'DROP TABLE ' || format('%I.%I', n.nspname, o.relname), ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_inherits i ON i.inhrelid = o.oid
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE o.relispartition AND o.relkind IN ('r', 'p') AND n.nspname = ANY ($1) ORDER BY n.nspname, o.relname`},

	{"inherits", `SELECT 'pg_inherits'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.relname || ' inherits ' || p.relname, n.nspname, o.relname,
	'ALTER TABLE ' || format('%I.%I', n.nspname, o.relname) || ' INHERIT ' || format('%I.%I', pn.nspname, p.relname),
	'ALTER TABLE ' || format('%I.%I', n.nspname, o.relname) || ' NO INHERIT ' || format('%I.%I', pn.nspname, p.relname), p.relname
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_inherits i ON i.inhrelid = o.oid
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE NOT o.relispartition AND o.relkind = 'r' AND n.nspname = ANY ($1) ORDER BY n.nspname, o.relname, i.inhseqno`},

	{"view", `SELECT 'pg_class'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.relname, '', '',
	'CREATE VIEW ' || format('%I.%I', n.nspname, o.relname) || COALESCE(' WITH (' || array_to_string(o.reloptions, ', ') || ')', '') ||
	E' AS\n' || pg_get_viewdef(o.oid),
	'DROP VIEW ' || format('%I.%I', n.nspname, o.relname), ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind = 'v' AND n.nspname = ANY ($1) AND` + ownClass + `ORDER BY o.oid`},

	{"materialized view", `SELECT 'pg_class'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.relname, '', '',
	'CREATE MATERIALIZED VIEW ' || format('%I.%I', n.nspname, o.relname) || E' AS\n' || rtrim(pg_get_viewdef(o.oid), ';') || ' WITH ' ||
	CASE WHEN o.relispopulated THEN '' ELSE 'NO ' END || 'DATA',
	'DROP MATERIALIZED VIEW ' || format('%I.%I', n.nspname, o.relname), ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind = 'm' AND n.nspname = ANY ($1) AND` + ownClass + `ORDER BY o.oid`},

	{"sequence owner", `SELECT 0::bigint, o.oid::bigint, n.nspname, o.relname, tn.nspname, t.relname,
	'ALTER SEQUENCE ' || format('%I.%I', n.nspname, o.relname) || ' OWNED BY ' || format('%I.%I.%I', tn.nspname, t.relname, a.attname),
	'ALTER SEQUENCE ' || format('%I.%I', n.nspname, o.relname) || ' OWNED BY NONE', ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = o.oid AND d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass
JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE o.relkind = 'S' AND n.nspname = ANY ($1) ORDER BY n.nspname, o.relname`},

	{"index", `SELECT 'pg_class'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.relname, tn.nspname, t.relname,
	pg_get_indexdef(o.oid), 'DROP INDEX ' || format('%I.%I', n.nspname, o.relname), ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_index i ON i.indexrelid = o.oid
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE n.nspname = ANY ($1) AND (t.relkind = 'm' OR t.relispartition)
AND NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = o.oid)
AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = o.oid AND c.contype IN ('p', 'u', 'x')) ORDER BY n.nspname, o.relname`},

	{"constraint", `SELECT 'pg_constraint'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.conname, n.nspname, t.relname,
	CASE WHEN t.relispartition
	THEN 'ALTER TABLE ' || format('%I.%I', n.nspname, t.relname) || ' ADD CONSTRAINT ' || quote_ident(o.conname) || ' ' || pg_get_constraintdef(o.oid)
	ELSE 'ALTER TABLE ' || format('%I.%I', n.nspname, t.relname) || ' ALTER CONSTRAINT ' || quote_ident(o.conname) || ' DEFERRABLE' ||
		CASE WHEN o.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END END,
	CASE WHEN t.relispartition
	THEN 'ALTER TABLE ' || format('%I.%I', n.nspname, t.relname) || ' DROP CONSTRAINT ' || quote_ident(o.conname)
	ELSE 'ALTER TABLE ' || format('%I.%I', n.nspname, t.relname) || ' ALTER CONSTRAINT ' || quote_ident(o.conname) || ' NOT DEFERRABLE' END, ''
FROM pg_constraint o JOIN pg_class t ON t.oid = o.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = ANY ($1) AND o.conparentid = 0 AND o.coninhcount = 0 AND
	(t.relispartition AND o.contype IN ('f', 'c', 'p', 'u') OR NOT t.relispartition AND o.contype = 'f' AND o.condeferrable)
ORDER BY n.nspname, t.relname, o.conname`},

	{"rule", `SELECT 'pg_rewrite'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.rulename, n.nspname, t.relname,
	pg_get_ruledef(o.oid), 'DROP RULE ' || quote_ident(o.rulename) || ' ON ' || format('%I.%I', n.nspname, t.relname), ''
FROM pg_rewrite o JOIN pg_class t ON t.oid = o.ev_class JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE o.rulename <> '_RETURN' AND n.nspname = ANY ($1) ORDER BY n.nspname, t.relname, o.rulename`},

	{"trigger", `SELECT 'pg_trigger'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.tgname, n.nspname, t.relname,
	pg_get_triggerdef(o.oid), 'DROP TRIGGER ' || quote_ident(o.tgname) || ' ON ' || format('%I.%I', n.nspname, t.relname), ''
FROM pg_trigger o JOIN pg_class t ON t.oid = o.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE NOT o.tgisinternal AND n.nspname = ANY ($1) AND NOT EXISTS (SELECT 1 FROM pg_depend d
	WHERE d.classid = 'pg_trigger'::regclass AND d.objid = o.oid AND d.deptype IN ('P', 'S')) ORDER BY n.nspname, t.relname, o.tgname`},

	{"rls", `SELECT 'pg_class'::regclass::oid::bigint, 0::bigint, n.nspname, o.relname, n.nspname, o.relname,
	'ALTER TABLE ' || format('%I.%I', n.nspname, o.relname) || ' ENABLE ROW LEVEL SECURITY' ||
	CASE WHEN o.relforcerowsecurity THEN ', FORCE ROW LEVEL SECURITY' ELSE '' END,
	'ALTER TABLE ' || format('%I.%I', n.nspname, o.relname) || ' DISABLE ROW LEVEL SECURITY' ||
	CASE WHEN o.relforcerowsecurity THEN ', NO FORCE ROW LEVEL SECURITY' ELSE '' END, ''
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relrowsecurity AND n.nspname = ANY ($1) ORDER BY n.nspname, o.relname`},

	{"policy", `SELECT 'pg_policy'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.polname, n.nspname, t.relname,
	'CREATE POLICY ' || quote_ident(o.polname) || ' ON ' || format('%I.%I', n.nspname, t.relname) ||
	CASE WHEN o.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END || ' FOR ' ||
	CASE o.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END ||
	CASE WHEN o.polroles = '{0}' THEN '' ELSE ' TO ' || (SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname)
		FROM pg_roles r WHERE r.oid = ANY (o.polroles)) END ||
	COALESCE(' USING (' || pg_get_expr(o.polqual, o.polrelid) || ')', '') ||
	COALESCE(' WITH CHECK (' || pg_get_expr(o.polwithcheck, o.polrelid) || ')', ''),
	'DROP POLICY ' || quote_ident(o.polname) || ' ON ' || format('%I.%I', n.nspname, t.relname), ''
FROM pg_policy o JOIN pg_class t ON t.oid = o.polrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = ANY ($1) ORDER BY n.nspname, t.relname, o.polname`},

	{"statistics", `SELECT 'pg_statistic_ext'::regclass::oid::bigint, o.oid::bigint, n.nspname, o.stxname, tn.nspname, t.relname,
	pg_get_statisticsobjdef(o.oid), 'DROP STATISTICS ' || format('%I.%I', n.nspname, o.stxname), ''
FROM pg_statistic_ext o JOIN pg_namespace n ON n.oid = o.stxnamespace
JOIN pg_class t ON t.oid = o.stxrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE n.nspname = ANY ($1) ORDER BY n.nspname, o.stxname`},
}

const (
	ownType  = ` NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = o.oid AND e.deptype = 'e') `
	ownProc  = ` NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = o.oid AND e.deptype = 'e') `
	ownClass = ` NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = o.oid AND e.deptype = 'e') `
)

// dependsQuery lists what relies on what; a view's rule stands for the view, a table's row type for the table.
const dependsQuery = `SELECT DISTINCT
	CASE WHEN r.oid IS NOT NULL THEN 'pg_class'::regclass::oid ELSE d.classid END::bigint, COALESCE(r.ev_class, d.objid)::bigint,
	CASE WHEN ty.typrelid <> 0 THEN 'pg_class'::regclass::oid ELSE d.refclassid END::bigint,
	CASE WHEN ty.typrelid <> 0 THEN ty.typrelid ELSE d.refobjid END::bigint,
	COALESCE(n.nspname, ''), COALESCE(c.relname, '')
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.rulename = '_RETURN'
LEFT JOIN pg_type ta ON d.refclassid = 'pg_type'::regclass AND ta.oid = d.refobjid
LEFT JOIN pg_type ty ON ty.oid = CASE WHEN ta.typelem <> 0 AND ta.typcategory = 'A' THEN ta.typelem ELSE ta.oid END
LEFT JOIN pg_class c ON c.oid = CASE WHEN ty.typrelid <> 0 THEN ty.typrelid
	WHEN d.refclassid = 'pg_class'::regclass THEN d.refobjid END AND c.relkind IN ('r', 'p', 'v', 'm')
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384 AND d.refobjid >= 16384
ORDER BY 1, 2, 3, 4`

// serialsQuery lists the columns whose default counts a sequence up, and whether the sequence is the column's own.
const serialsQuery = `SELECT n.nspname, c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid),
	COALESCE(pg_get_expr(d.adbin, d.adrelid) =
		'nextval(' || quote_literal(pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)) || '::regclass)', false)
FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' ORDER BY 1, 2, 3`
