# ITESM's cluster goes 6.7 -> 7.0 -> 7.1, and its root moves to a new partition under the same mount point.

resource "mail_host" "cluster" {
  for_each  = var.hosts
  addresses = each.value.addresses
  host_key  = each.value.host_key
  port      = each.value.port
  user      = each.value.user
  jump      = each.value.jump
  become    = each.value.become
}

resource "mail_upgrade" "cpms" {
  name    = var.name
  product = "cpms"
  version = var.active_version
  hops    = var.hops

  hosts = {
    for name, h in var.hosts : name => { id = mail_host.cluster[name].id, role = h.role, active = h.active, strategy = "in_place" }
  }

  # T1, T2
  quiesce = [for s in var.account_services : { host = mail_host.cluster[s.host].id, service = s.service }]

  # T4: K1 to K4
  backup = { paths = var.backup_paths, directory = var.backup_directory }

  # T5, T6, T7
  storage = var.storage == null ? null : {
    device        = var.storage.device
    path          = "/opt/criticalpath/nfs"
    previous_path = "/opt/criticalpath/nfs.old"
    copy          = var.storage.copy
    type          = var.storage.type
    options       = var.storage.options
  }

  # T13, T15
  switch_to = var.switch_to
  jobs      = var.rebuild == null ? [] : [{ host = mail_host.cluster[var.rebuild.host].id, command = var.rebuild.command, before_open = false }]

  checks     = var.checks
  estimates  = var.estimates
  window     = var.window
  on_failure = { action = var.on_failure }
  on_destroy = var.on_destroy
}
