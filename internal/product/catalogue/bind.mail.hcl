# BIND with an init script of its own and its zones in namedb. Zones change by mail_dns_ttl, and by what moves a service.
product "bind" {
  title   = "BIND"
  version = ["named", "-v"]

  service "bind" {
    ports          = [53]
    stop_estimate  = "5s"
    start_estimate = "5s"
  }

  tree "/usr/local/bind/etc/namedb/" { kind = "other" }

  files "configuration" { paths = ["/usr/local/bind/etc/named.conf"] }

  port "dns" {
    number = 53
    role   = "admin"
  }

  check "dns" {
    kind   = "dns"
    port   = 53
    expect = "localhost A 127.0.0.1"
  }

  format "9" { versions = ">= 9.0" }
}
