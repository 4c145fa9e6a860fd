// Package devdb gives every command and test a real, throwaway database.
//
// In: what the user configured ([Options]; a URL, a major version, or nothing). Out: a [Server] that makes fresh,
// empty databases and clones of prepared ones. In this order it uses the URL given, PLINTH_DEV_URL, PostgreSQL
// binaries on this machine run as a private cluster (a unix socket in a private directory, durability off), and a
// download of such binaries; else its error says what to install.
//
// A private cluster never outlives the process that started it: a watchdog holds one end of a pipe whose other end
// is in this process, and stops the server and removes its directory when the pipe closes, whatever closed it
// (success, failure, a panic, SIGINT, SIGKILL). On a server that the user gave, devdb works only in databases that it
// created itself, under a prefix of its own, and drops them; the contents of the given database are never touched.
// An error never carries a password.
//
// Environment: PLINTH_DEV_URL (as Options.URL), PLINTH_PG_BIN (as Options.BinDir), PLINTH_PG_MAJOR (as
// Options.Major), PLINTH_CACHE_DIR (as Options.CacheDir).
package devdb
