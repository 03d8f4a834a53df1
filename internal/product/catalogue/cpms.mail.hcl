# CPMS: a cluster of configuration servers, of which one is active, and MTAs,
# which all have one root, on NFS, with databases, mailboxes and logs.
product "cpms" {
  title   = "CPMS"
  version = ["cpmsctl", "version"]
  proof   = ["cpmsctl", "check"]
  # The databases as text, below the root's data/text.
  export = ["cpmsctl", "export"]

  service "cpms-config" {
    role           = "config"
    start          = ["cpmsctl", "start", "config"]
    stop           = ["cpmsctl", "stop", "config"]
    status         = ["cpmsctl", "status", "config"]
    stop_estimate  = "5m"
    start_estimate = "5m"
  }

  service "cpms-mta" {
    role           = "mta"
    front          = true
    start          = ["cpmsctl", "start", "mta"]
    stop           = ["cpmsctl", "stop", "mta"]
    status         = ["cpmsctl", "status", "mta"]
    ports          = [25, 143]
    stop_estimate  = "5m"
    start_estimate = "5m"
  }

  # MTAs ask the configuration server for everything: they stop before it, and
  # do not start without it.
  stop_order  = [["cpms-mta"], ["cpms-config"]]
  start_order = [["cpms-config"], ["cpms-mta"]]

  active "config" {
    status = ["cpmsctl", "active"]
    on     = ["cpmsctl", "activate"]
    off    = ["cpmsctl", "deactivate"]
  }

  tree "/opt/criticalpath/nfs/" {
    kind   = "mail"
    shared = true
  }

  volatile = ["/opt/criticalpath/nfs/data/**"]

  files "cpms" { paths = ["/etc/nplex/**"] }

  port "smtp" {
    number = 25
    role   = "mail"
  }
  port "imap" {
    number = 143
    role   = "mail"
  }

  check "smtp" {
    kind = "smtp"
    port = 25
  }
  check "imap" {
    kind = "imap"
    port = 143
  }

  format "6" { versions = ">= 6.7, < 7.0" }
  format "7.0" { versions = ">= 7.0, < 7.1" }
  format "7.1" { versions = ">= 7.1, < 7.2" }

  release "6.7" {
    from    = []
    why     = "the version that the path begins with"
    ready   = ["cpmsctl", "packages", "6.7"]
    install = ["cpmsctl", "install", "6.7"]
    recover = ["cpmsctl", "install", "6.7"]
  }

  release "7.0" {
    from          = ["6.7"]
    why           = "7.0 is the one version that reads the databases of 6.7"
    format_change = "the databases are converted when 7.0 starts first; 6.7 does not read them then"
    converts      = "start"
    ready         = ["cpmsctl", "packages", "7.0"]
    install       = ["cpmsctl", "install", "7.0"]
    recover       = ["cpmsctl", "install", "6.7"]

    role "config" {
      strategies = ["in_place"]
      why        = "the cluster has one root, which one version at a time serves"
    }
    role "mta" {
      strategies = ["in_place"]
      why        = "the cluster has one root, which one version at a time serves"
    }
  }

  release "7.1" {
    from          = ["7.0"]
    why           = "7.1 does not read the databases of 6.7: the way is over 7.0"
    format_change = "the databases are converted when 7.1 starts first; 7.0 does not read them then"
    converts      = "start"
    ready         = ["cpmsctl", "packages", "7.1"]
    install       = ["cpmsctl", "install", "7.1"]
    recover       = ["cpmsctl", "install", "7.0"]

    role "config" {
      strategies = ["in_place"]
      why        = "the cluster has one root, which one version at a time serves"
    }
    role "mta" {
      strategies = ["in_place"]
      why        = "the cluster has one root, which one version at a time serves"
    }
  }
}
