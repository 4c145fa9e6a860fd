// Package ent is the reference design: a multi-tenant shop. The schemas in ent/schema are written, everything else in
// this folder is generated from them.
package ent

//go:generate go run github.com/plinth-go/plinth/cmd/plinth generate ./schema
