// Command gen makes the two clients that the mixins are tested with, anew.
package main

import (
	"fmt"
	"os"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/plinth-go/plinth/extension"
)

func main() {
	// The first client has what upserts need, the second everything that Ent can switch on.
	for name, features := range map[string][]gen.Feature{
		"work": {gen.FeatureUpsert},
		"press": {gen.FeaturePrivacy, gen.FeatureIntercept, gen.FeatureEntQL, gen.FeatureUpsert, gen.FeatureLock, gen.FeatureModifier,
			gen.FeatureExecQuery, gen.FeatureSnapshot, gen.FeatureNamedEdges, gen.FeatureBidiEdgeRefs, gen.FeatureVersionedMigration},
	} {
		err := entc.Generate("./"+name+"/schema", &gen.Config{
			Features: features,
		}, entc.Extensions(extension.New(extension.SchemaSQL(""), extension.Repositories("off"))))
		if err != nil {
			fmt.Fprintf(os.Stderr, "generating %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}
