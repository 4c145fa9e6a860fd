// Package store is what generated repositories share, and what the code that calls them branches on: pages and
// cursors, the unit of work, the errors, and a statement-caching driver for Ent.
//
// The unit of work is a transaction in the context. InTx begins one and passes a context on; every statement that a
// client on a *Driver runs with this context — through a repository, through plain Ent, or directly — runs in that
// transaction. Nothing but InTx commits. A nested InTx, and a transaction that Ent begins by itself, is a savepoint.
//
// The package works with every project's generated client without importing it, and with every database/sql driver.
// It never links a code generator, a database driver or a command-line library, and never opens a connection.
package store
