package lint

import "strings"

func toLower(s string) string { return strings.ToLower(s) }

// reserved are the words of pg_get_keywords() with the categories R (reserved) and T (reserved, can be a function or
// type), of PostgreSQL 14 to 18.
var reserved = func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(`
		all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
		current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
		distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
		leading limit localtime localtimestamp not null offset on only or order placing primary references returning
		select session_user some symmetric system_user table then to trailing true union unique user using variadic when
		where window with
		authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like
		natural notnull outer overlaps right similar tablesample verbose`) {
		m[w] = true
	}
	return m
}()
