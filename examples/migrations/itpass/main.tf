# ITPASS: two servers exchange their roles, names and addresses.
# The comments name the steps of the procedure.

# Each is found by its key at whichever address it has.
resource "mail_host" "old" {
  addresses = local.both
  host_key  = var.old.host_key
  port      = var.old.port
  user      = var.old.user
  jump      = var.old.jump
  become    = var.old.become
}

resource "mail_host" "new" {
  addresses = reverse(local.both)
  host_key  = var.new.host_key
  port      = var.new.port
  user      = var.new.user
  jump      = var.new.jump
  become    = var.new.become
}

locals {
  both    = [split("/", var.addresses.old)[0], split("/", var.addresses.new)[0]]
  service = local.both[0] # whoever serves has it
  other   = local.both[1]

  on_target = var.active == "target"
}

data "mail_product" "qmail" {
  name = var.product
}

# On new nothing of the service runs while it is filled. From the cutover on, these are the cutover's.
resource "mail_service" "new" {
  for_each = toset(flatten(data.mail_product.qmail.stop_order))

  host    = mail_host.new.id
  name    = each.value
  running = false
  enabled = false
}

# A1, C1: root comes in on new, for a time, to run rsync; A5, C5: no more.
resource "mail_ssh_access" "home" {
  count = var.login == null || var.finalized ? 0 : 1

  source            = mail_host.old.id
  target            = mail_host.new.id
  command           = "rsync"
  paths             = ["/home/"]
  expires_after     = var.login
  permit_root_login = "yes"
}

# A2: shown by each plan that would make a pass; A3, A4, C4.
resource "mail_sync" "home" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  paths     = { "/home/" = "/home/" }
  exclude   = concat(var.temporary_accounts, ["aquota.user", "gate"], var.exclude)
  overwrite = true # new has homes of its own
  preview   = true

  one_file_system      = true
  delete               = true
  delete_limit_percent = var.delete_limit_percent

  depends_on = [mail_service.new, mail_accounts.people]
}

# C2: beside those that new has.
resource "mail_sync" "crontabs" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  paths     = { "/var/spool/cron/crontabs/" = "/var/spool/cron/crontabs/" }
  exclude   = concat(var.temporary_accounts, var.exclude) # a way back would bring new's own to old
  overwrite = true
  delete    = false

  depends_on = [mail_accounts.people]
}

# C3, C6: new's own files stay beside, until it is finalized (H1).
resource "mail_job" "keep" {
  host    = mail_host.new.id
  command = ["sh", "-ec", "for file in ${join(" ", local.kept)}; do [ -e \"$file~\" ] || cp -p \"$file\" \"$file~\"; done"]
  wait    = true
}

locals {
  kept    = ["/etc/shadow", local.popauth]
  popauth = "/usr/local/qpopper/pop.auth"
}

# C3
resource "mail_accounts" "people" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  uid_range = var.uid_range
  exclude   = concat(var.temporary_accounts, ["gate"])

  depends_on = [mail_job.keep]
}

# C6
resource "mail_file_set" "popauth" {
  source = mail_host.old.id
  target = mail_host.new.id
  paths  = [local.popauth]

  depends_on = [mail_job.keep]
}

# F1: edited only where a line is missing.
resource "mail_file" "control" {
  for_each = toset(["locals", "rcpthosts"])

  host  = mail_host.new.id
  path  = "/var/qmail/control/${each.value}"
  lines = concat(["localhost"], var.domains)
}

# B0, H2
resource "mail_dns_ttl" "local" {
  host       = mail_host.new.id
  zone_files = { "localhost" = "${var.namedb}/localhost.zone", "0.0.127.in-addr.arpa" = "${var.namedb}/localhost.rev" }
  ttl        = var.finalized ? var.ttl.after : var.ttl.day
  reload     = "bind"

  depends_on = [mail_backup.namedb_of_new]
}

# F4: the name server of new runs on; the rest starts at boot by the cutover's doing.
resource "mail_service" "bind_of_new" {
  host    = mail_host.new.id
  name    = "bind"
  running = true
  enabled = true
}

# B1
data "mail_checks" "resolver" {
  count = var.resolver == null ? 0 : 1

  from = mail_host.new.id
  checks = merge(
    { for address in var.resolver.nameservers : "nameserver ${address}" => { kind = "command", command = ["grep", "-Fx", "nameserver ${address}", "/etc/resolv.conf"], timeout = "30s" } },
    { "search ${var.resolver.search}" = { kind = "command", command = ["grep", "-Fx", "search ${var.resolver.search}", "/etc/resolv.conf"], timeout = "30s" } },
  )

  lifecycle {
    postcondition {
      condition     = alltrue([for result in self.results : result.ok])
      error_message = "/etc/resolv.conf on new lacks: ${join("; ", [for name, result in self.results : "${name} (${result.detail})" if !result.ok])}."
    }
  }
}

# B2, B3, C, D, F2: all in one. Services and their order come from the product.
resource "mail_cutover" "itpass" {
  name    = var.name
  source  = mail_host.old.id
  target  = mail_host.new.id
  active  = var.active
  product = data.mail_product.qmail.name

  syncs    = [mail_sync.home, mail_sync.crontabs]
  files    = [mail_file_set.popauth]
  accounts = [mail_accounts.people]

  # D1 to D4
  identity = {
    mode         = "exchange"
    addresses    = [var.addresses.old]
    park_address = var.addresses.new
    hostnames    = var.hostnames
    rewrite_in = coalesce(var.rewrite_in, [
      "/etc/hosts", "/etc/mailname", "/etc/gate/gate.conf", "/etc/exim4/update-exim4.conf.conf",
      "${var.namedb}/localhost.zone", "${var.namedb}/localhost.rev",
    ])
  }

  checks               = local.checks
  passwords_wo         = var.passwords_wo
  passwords_wo_version = var.passwords_wo_version
  jobs                 = local.jobs

  window      = var.window
  on_failure  = { action = "back_out", carry_back = "exact" }
  finalized   = var.finalized
  on_destroy  = var.on_destroy
  hold_before = var.hold_before

  depends_on = [mail_dns_ttl.local, mail_file.control, data.mail_checks.resolver]

  lifecycle {
    postcondition {
      condition     = !contains(["failed", "halted", "backed-out", "unsettled"], self.status)
      error_message = "The cutover is ${self.status}: see last_run. Apply again once the cause is gone."
    }
  }
}

locals {
  # G1 to G3, G5. Addresses stay what they are: whoever serves has the first.
  checks = merge({
    smtp     = { kind = "smtp", address = "${local.service}:25", expect = var.probe.address, timeout = "10s" }
    pop      = { kind = "apop", address = "${local.service}:110", expect = var.probe.user, timeout = "10s" }
    old_http = { kind = "tcp", address = "${local.other}:80", refused = true, timeout = "5s" }
    old_pop  = { kind = "tcp", address = "${local.other}:110", refused = true, timeout = "5s" }
    old_smtp = { kind = "smtp", address = "${local.other}:25", expect = var.probe.address, refused = true, timeout = "5s" }
  }, { for url in var.web : "web ${url}" => { kind = "http", address = url, expect = "200", timeout = "10s" } })

  jobs = concat(
    # F3: before mail comes in.
    var.list == null ? [] : [{
      host        = mail_host.new.id
      before_open = true
      command     = concat(["sh", "-ec", "file=$1; shift; printf '%s\\n' \"$@\" >\"$file.new\"; chown --reference=\"$file\" \"$file.new\" 2>/dev/null || :; mv \"$file.new\" \"$file\"", "bouncer", "${var.list.folder}/bouncer"], var.list.bouncer)
    }],
    # D1: what the zones were rewritten to is served, on both.
    [for host in [mail_host.new.id, mail_host.old.id] : {
      host        = host
      before_open = false
      command     = ["sh", "-c", "! pgrep -x named >/dev/null || rndc reload"]
    }],
    # G6: the names that stay with a machine follow it to its other address.
    var.aliases == null ? [] : [{
      host        = mail_host.name_server[0].id
      before_open = false
      command = ["sh", "-ec", "printf '%s\\n' \"$@\" | nsupdate -k ${var.aliases.key}", "aliases",
        "server 127.0.0.1",
        "zone ${var.aliases.zone}",
        "update delete ${var.aliases.old}.${var.aliases.zone} A", "update add ${var.aliases.old}.${var.aliases.zone} ${var.ttl.day} A ${local.on_target ? local.other : local.service}",
        "update delete ${var.aliases.new}.${var.aliases.zone} A", "update add ${var.aliases.new}.${var.aliases.zone} ${var.ttl.day} A ${local.on_target ? local.service : local.other}",
      "send"]
    }],
  )
}

resource "mail_host" "name_server" {
  count = var.aliases == null ? 0 : 1

  addresses = var.aliases.server.addresses
  host_key  = var.aliases.server.host_key
  user      = var.aliases.server.user
  become    = var.aliases.server.become
}
