product "duplicates" {
  title    = "Duplicates"
  version  = ["x"]
  volatile = ["/var/lib/x/**", "/var/lib/x/**"]

  service "a" {}
  service "a" {}
  port "smtp" {
    number = 25
    role   = "mail"
  }
  port "mx" {
    number = 25
    role   = "mail"
  }
  queue {
    kind      = "postfix"
    directory = "/var/spool/postfix"
    parts     = ["deferred"]
  }
  queue {
    kind      = "postfix"
    directory = "/var/spool/postfix"
    parts     = ["deferred"]
  }
}

product "twice" {
  title   = "Twice"
  version = ["x"]
}

product "twice" {
  title   = "Twice"
  version = ["x"]
}
