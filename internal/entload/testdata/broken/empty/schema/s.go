package schema

// Options is no schema.
type Options struct{ A int }
