// This file embeds the application, so that the tool can compile it wherever it is.

package plan

import (
	"embed"
	"io/fs"
)

//go:embed ledger/ledger.go ledger/document.go
var files embed.FS

// Source gives the application's package: its folder is ledger.
func Source() fs.FS { return files }
