product "paths" {
  title    = "Paths"
  version  = ["x"]
  volatile = ["*.index"]

  tree "var/mail/" { kind = "mail" }
  tree "/" { kind = "other" }
  tree "/var/../etc/" { kind = "other" }
  tree "" { kind = "other" }
  files "x" { paths = ["/etc/bm**", "/etc/[a", "/etc/{a,b", "relative", 7] }
  queue {
    kind      = "exim"
    directory = "spool"
    parts     = ["input"]
  }
}
