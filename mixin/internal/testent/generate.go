// Package testent holds two generated clients that have nothing in common but plinth's mixins. The tests of package
// mixin run the same suite on both.
package testent

//go:generate go run ./gen
