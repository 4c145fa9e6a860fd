package migration

import (
	"strings"

	"github.com/plinth-go/plinth/internal/plan"
)

// txmodeNone is how a plan's file says that no transaction can hold it; each format has its own way to say so.
const txmodeNone = "-- atlas:txmode none\n\n"

// FromPlan gives the files of a plan, to be written under a name: each file of several has its own suffix.
func FromPlan(p *plan.Plan, name string) []NewFile {
	files := make([]NewFile, len(p.Files))
	for i, f := range p.Files {
		files[i] = NewFile{Name: name, Up: strings.TrimPrefix(f.Up(), txmodeNone), Down: strings.TrimPrefix(f.Down(), txmodeNone)}
		if f.Suffix != "" {
			files[i].Name += "_" + f.Suffix
		}
		if f.NoTx {
			files[i].TxMode = TxNone
		}
	}
	return files
}
