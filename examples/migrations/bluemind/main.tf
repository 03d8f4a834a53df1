# BLUEMIND moves to another host, which takes the source's place on the network.
# The comments name the steps of the product's own procedure.

resource "mail_host" "old" {
  addresses = var.old.addresses
  host_key  = var.old.host_key
  port      = var.old.port
  user      = var.old.user
  jump      = var.old.jump
  become    = var.old.become
}

resource "mail_host" "new" {
  addresses = var.new.addresses
  host_key  = var.new.host_key
  port      = var.new.port
  user      = var.new.user
  jump      = var.new.jump
  become    = var.new.become
}

# What the product consists of: the seven trees, the databases, the files of C4.
data "mail_product" "bluemind" {
  name = "bluemind"
}

# B1: on the target nothing runs while it is filled. From the cutover on, these
# two are the cutover's.
resource "mail_service" "bm" {
  host           = mail_host.new.id
  name           = "bm"
  start          = ["bmctl", "start"]
  stop           = ["bmctl", "stop"]
  status_command = ["bmctl", "status"]
  running        = false
}

resource "mail_service" "postfix" {
  host    = mail_host.new.id
  name    = "postfix"
  running = false
  enabled = false
}

# B2, C2
resource "mail_sync" "store" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  paths     = { for path in data.mail_product.bluemind.data_paths : path => path }
  overwrite = true # the first set-up left its own mailboxes on the target

  delete               = true
  delete_limit_percent = var.delete_limit_percent

  depends_on = [mail_service.bm, mail_service.postfix]
}

# C3, C5: by local peer access on both hosts, so that no password is needed.
resource "mail_db_dump" "bj" {
  source    = mail_host.old.id
  target    = mail_host.new.id
  engine    = "postgresql"
  databases = [for database in data.mail_product.bluemind.databases : database.name]

  depends_on = [mail_service.bm, mail_service.postfix]
}

# C4
resource "mail_file_set" "config" {
  source = mail_host.old.id
  target = mail_host.new.id
  paths  = data.mail_product.bluemind.config_paths
  keep   = length(var.keep) > 0 ? var.keep : null

  depends_on = [mail_service.bm, mail_service.postfix]
}

# C1 to E3. Services, their order, the queue, and E1 and E2 come from the product.
resource "mail_cutover" "bluemind" {
  name    = var.name
  source  = mail_host.old.id
  target  = mail_host.new.id
  active  = var.active
  product = data.mail_product.bluemind.name

  syncs = [mail_sync.store]
  dumps = [mail_db_dump.bj]
  files = [mail_file_set.config]

  # D1 to D3
  identity = {
    mode         = "take_over"
    addresses    = var.service_addresses
    park_address = var.park_address
  }

  checks = local.checks
  jobs   = local.jobs

  estimates  = var.estimates
  window     = var.window
  on_failure = { action = "back_out", carry_back = "exact" }
  rehearse   = var.rehearse
  finalized  = var.finalized
  on_destroy = var.on_destroy

  hold_before = var.hold_before

  lifecycle {
    postcondition {
      condition     = !contains(["failed", "halted", "backed-out", "unsettled"], self.status)
      error_message = "The cutover is ${self.status}: see last_run. Apply again once the cause is gone."
    }
  }
}

locals {
  service_address = split("/", var.service_addresses[0])[0]
  bracketed       = strcontains(local.service_address, ":") ? "[${local.service_address}]" : local.service_address

  checks = {
    smtp = { kind = "smtp", address = "${local.bracketed}:25", expect = var.probe_mailbox, timeout = "10s" }
    imap = { kind = "imap", address = "${local.bracketed}:143", expect = null, timeout = "10s" }
  }

  # E3. A way back runs the same on the source, with the two exchanged.
  jobs = var.my_networks == null ? [] : [{
    host        = mail_host.new.id
    before_open = true
    command = concat(["bmctl", "mynetworks"], var.active == "target"
      ? [var.my_networks.old, var.my_networks.new]
    : [var.my_networks.new, var.my_networks.old])
  }]
}

# E3: a wide range lets strangers send through the product. It is told, not refused: it may be right where a site is that large.
check "open_relay" {
  assert {
    condition     = length(local.wide_networks) == 0
    error_message = "An open relay: my_networks lets ${join(" and ", local.wide_networks)} send without a login. Narrow it to the site's own addresses, at least /16 (IPv4) or /48 (IPv6), unless it is meant."
  }
}

locals {
  wide_networks = var.my_networks == null ? [] : [
    for network in [var.my_networks.old, var.my_networks.new] : network
    if tonumber(split("/", network)[1]) < (strcontains(network, ":") ? 48 : 16)
  ]
}
