package cli

import "github.com/spf13/cobra"

// commands are the verbs, in the order of the help text.
func commands(s streams) []*cobra.Command {
	return []*cobra.Command{
		newChanges(s),
		newDesign(s),
		newERD(s),
		newInit(s),
		newGenerate(s),
		newVerify(s),
		newLint(s),
		newRules(s),
		newMigrate(s),
		newSchema(s),
		newAtlas(s),
	}
}
