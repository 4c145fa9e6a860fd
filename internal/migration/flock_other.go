//go:build !unix

package migration

import "os"

// tryFlock has no portable form here; SQLite's own lock still serialises the files, because each is checked again
// after its transaction began.
func tryFlock(*os.File) (bool, error) { return true, nil }
