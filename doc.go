// Package plinth takes a Go team from requirements to a PostgreSQL database a DBA would sign off: Ent schemas as code,
// a typed client, repositories, reversible Atlas migrations, and a machine check for every rule of the design
// checklist. The command is cmd/plinth; what a schema author imports is in annotation, mixin, store and extension.
package plinth
