package bluemind

import _ "embed" // what the first set-up puts on the hosts

var (
	//go:embed files/bmctl.sh
	bmctlScript string
	//go:embed files/bm-core.py
	bmCore string
	//go:embed files/bm-core.service
	bmCoreUnit string
	//go:embed files/cyrus-stop.sh
	cyrusStop string
	//go:embed files/cyrus.conf
	cyrusConf string
	//go:embed files/imapd.conf
	imapdConf string
	//go:embed files/main.cf
	mainCF string
	//go:embed files/prepare.sh
	prepareScript string
	//go:embed files/schema.sql
	schemaSQL string
	//go:embed files/rows.sql
	rowsSQL string
	//go:embed files/trees.py
	treesScript string
	//go:embed files/mailboxes.py
	mailboxesScript string
)
