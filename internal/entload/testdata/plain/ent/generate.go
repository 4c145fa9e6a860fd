// Package ent is a small Ent project that never heard of plinth.
package ent

//go:generate go run -mod=mod entgo.io/ent/cmd/ent generate --idtype int64 --feature sql/upsert ./schema
