// Command airdock-plugin is the plugin process. A host starts it; see
// docs/hosting.md.
package main

import (
	"os"

	"airdock.dev/airdock/plugin"
)

func main() {
	os.Exit(plugin.Serve())
}
