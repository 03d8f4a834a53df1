product "versions" {
  title   = "Versions"
  version = ["x"]

  format "a" { versions = "four or so" }
  format "b" {
    versions = ">= 5"
    reads    = ["c"]
  }
  release "seven" {
    from = ["6.0"]
    role "mta" { strategies = ["inplace"] }
  }
  check "tcp" {
    kind    = "tcp"
    command = ["x"]
  }
  check "command" { kind = "command" }
}
