package itpass

import _ "embed" // what is put on the hosts

var (
	//go:embed files/backup.sh
	backupScript string
	//go:embed files/bind.init
	bindInit string
	//go:embed files/dovecot.conf
	dovecotConf string
	//go:embed files/ezmlm.sh
	ezmlmScript string
	//go:embed files/gate.py
	gateScript string
	//go:embed files/list.sh
	listScript string
	//go:embed files/main.cf
	mainCF string
	//go:embed files/popper.py
	popperScript string
	//go:embed files/prepare.sh
	prepareScript string
	//go:embed files/qmail.init
	qmailInit string
	//go:embed files/qmail-inject.sh
	qmailInject string
	//go:embed files/qmail-local.py
	qmailLocal string
	//go:embed files/qmail-showctl.sh
	qmailShowctl string
	//go:embed files/site.conf
	siteConf string
	//go:embed files/tcpserver.init
	tcpserverInit string
	//go:embed files/tcpserver.py
	tcpserverScript string
	//go:embed files/wiki.py
	wikiScript string
)
