// Package repogen writes the repositories of an Ent project: for each entity a typed set of reads and writes, made
// from the Ent graph and the intent beside it. In: Ent's graph and plinth's. Out: files ending in _gen.go, and what
// the repositories need in the client. It never touches a file it did not write.
//
// Statements are constant SQL where nothing but the mixins has a say in them. Where an entity has hooks,
// interceptors or a privacy policy of its own, its repository goes through Ent's builders, and says so.
package repogen
