# BLUEMIND 4: Cyrus IMAP, Postfix, PostgreSQL, an index and a core of its own.
product "bluemind" {
  title        = "BLUEMIND"
  version      = ["bmctl", "version"]
  external_url = ["bmctl", "external-url"]
  set_up       = ["bmctl", "set-up"]
  subscription = ["bmctl", "subscription"]

  service "postfix" {
    front          = true
    units          = ["postfix"]
    ports          = [25, 465, 587]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  service "bm" {
    start          = ["bmctl", "start"]
    stop           = ["bmctl", "stop"]
    status         = ["bmctl", "status"]
    units          = ["bm-core", "cyrus-imapd"]
    ports          = [143, 993, 110, 995, 4190, 80, 443, 8080]
    stop_estimate  = "1m"
    start_estimate = "2m"
  }

  stop_order  = [["postfix"], ["bm"]]
  start_order = [["bm"], ["postfix"]]

  tree "/var/spool/cyrus/" { kind = "mail" }
  tree "/var/lib/cyrus/" { kind = "index" }
  tree "/var/spool/bm-hsm/" { kind = "mail" }
  tree "/var/spool/sieve/" { kind = "other" }
  tree "/var/spool/bm-elasticsearch/" { kind = "index" }
  tree "/var/spool/bm-docs/" { kind = "other" }
  tree "/var/spool/bm-filehosting/" { kind = "other" }

  # Cyrus writes its databases and each mailbox's cyrus.* files in place. The
  # index never rewrites a segment; only its translog and its state do change.
  volatile = [
    "/var/lib/cyrus/**",
    "/var/spool/cyrus/**/cyrus.*",
    "/var/spool/bm-elasticsearch/**/*.{tlog,ckp}",
    "/var/spool/bm-elasticsearch/**/_state/*",
  ]

  certificates = ["/etc/ssl/certs/bm_cert.pem"]

  database "bj" {
    engine = "postgresql"
    user   = "bj"
  }
  database "bj-data" {
    engine = "postgresql"
    user   = "bj"
  }

  files "bm" { paths = ["/etc/bm/**", "/etc/bm-hps/**", "/etc/bm-webmail/*"] }
  files "certificates" { paths = ["/etc/ssl/certs/bm_cert.pem", "/var/lib/bm-ca/**"] }
  files "index" { paths = ["/usr/share/bm-elasticsearch/config/elasticsearch.yml"] }
  files "cyrus" { paths = ["/etc/imapd*", "/etc/cyrus*"] }
  files "postfix" {
    paths = [
      "/etc/postfix/main.cf",
      "/etc/postfix/master.cf",
      "/etc/postfix/master_relay_transport-flat",
      "/etc/postfix/master_relay_transport.db",
      "/etc/postfix/transport-flat",
      "/etc/postfix/transport.db",
      "/etc/postfix/virtual_alias-flat",
      "/etc/postfix/virtual_alias.db",
      "/etc/postfix/virtual_domains-flat",
      "/etc/postfix/virtual_domains.db",
      "/etc/postfix/virtual_mailbox-flat",
      "/etc/postfix/virtual_mailbox.db",
    ]
    # BLUEMIND writes its maps anew when a domain, a user or an alias changes.
    unwatched = ["/etc/postfix/*-flat", "/etc/postfix/*.db"]
  }

  queue {
    kind      = "postfix"
    directory = "/var/spool/postfix"
    parts     = ["maildrop", "incoming", "active", "deferred", "hold"]
    list      = ["postqueue", "-j"]
    flush     = ["postqueue", "-f"]
    hold      = ["postsuper", "-h", "ALL"]
    release   = ["postsuper", "-H", "ALL"]
    requeue   = ["postsuper", "-r", "ALL"]
  }

  mailboxes {
    kind     = "cyrus"
    messages = ["/var/spool/cyrus/**/[1-9]*."]
    user     = "cyrus"
    session  = ["env", "CYRUS_SERVICE=imap", "CYRUS_ID=900", "/usr/lib/cyrus/bin/imapd", "-X", "-N"]
    locate   = ["/usr/lib/cyrus/bin/mbpath", "-p", "-j"]
    renew    = ["/usr/lib/cyrus/bin/reconstruct"]
  }

  port "smtp" {
    number = 25
    role   = "mail"
  }
  port "smtps" {
    number = 465
    role   = "mail"
  }
  port "submission" {
    number = 587
    role   = "mail"
  }
  port "imap" {
    number = 143
    role   = "mail"
  }
  port "imaps" {
    number = 993
    role   = "mail"
  }
  port "pop3" {
    number = 110
    role   = "mail"
  }
  port "pop3s" {
    number = 995
    role   = "mail"
  }
  port "sieve" {
    number = 4190
    role   = "mail"
  }
  port "http" {
    number = 80
    role   = "web"
  }
  port "https" {
    number = 443
    role   = "web"
  }
  port "core" {
    number = 8080
    role   = "admin"
  }

  check "smtp" {
    kind = "smtp"
    port = 25
  }
  check "imap" {
    kind = "imap"
    port = 143
  }

  # What decides who may connect, and what is accepted and where it goes. The
  # networks that may relay are the user's own values: a job of the cutover.
  before_open "save the firewall" { command = ["bmctl", "firewall-save"] }
  before_open "run the mail maintenance" { command = ["bmctl", "mail-maintenance"] }

  format "4" { versions = ">= 4.0, < 5.0" }
}
