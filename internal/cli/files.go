package cli

import "os"

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
