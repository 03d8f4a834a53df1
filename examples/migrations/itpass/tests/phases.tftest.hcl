# What the module declares, phase by phase, each on the state of the one before. No host is needed: the provider is mocked.

mock_provider "mail" {
  override_data {
    target = data.mail_product.qmail
    values = { stop_order = [["tcpserver", "openbsd-inetd", "apache2"], ["qmail"]] }
  }
  override_data {
    target = data.mail_checks.resolver
    values = { results = { "search example.org" = { ok = true, detail = "", seconds = 0.1 } } }
  }
  override_data {
    target = data.mail_checks.backup
    values = { results = { home = { ok = true, detail = "exit code 0", seconds = 0.1 } } }
  }
  override_resource {
    target = mail_host.old
    values = { id = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
  override_resource {
    target = mail_host.new
    values = { id = "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB" }
  }
  override_resource {
    target = mail_host.name_server
    values = { id = "SHA256:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC" }
  }
  override_resource {
    target = mail_host.backup
    values = { id = "SHA256:DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD" }
  }
  # What the provider's defaults would be; a mock would make something up.
  override_resource {
    target = mail_accounts.people
    values = { transport = "direct" }
  }
  override_resource {
    target = mail_sync.home
    values = { transport = "direct", verify = "quick", streams = 4 }
  }
  override_resource {
    target = mail_sync.crontabs
    values = { transport = "direct", verify = "quick", streams = 4 }
  }
  override_resource {
    target = mail_file_set.popauth
    values = { transport = "direct" }
  }
  override_resource {
    target = mail_cutover.itpass
    values = { status = "settled" }
  }
}

variables {
  old       = { host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAF6PL1zsQD9NM6q9K+/BgNJw/mMQBDQ8tdwSNrt7etz", user = "mover", become = "sudo" }
  new       = { host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdhWP8vDnsKNec22O+sVGk0zDX45X0FJRfYJ7IN1FfB", user = "mover", become = "sudo" }
  addresses = { old = "192.0.2.22/24", new = "192.0.2.21/24" }
  hostnames = { old = "ika.example.org", new = "tako.example.org" }
  domains   = ["ika.example.org", "itpass.example.org"]
  probe     = { address = "probe@itpass.example.org", user = "probe" }

  passwords_wo         = { probe = "word" }
  passwords_wo_version = 1
  resolver             = { nameservers = ["192.0.2.53"], search = "example.org" }
  pull_key             = "ssh-ed25519 AAAAC root@new"
  list                 = { folder = "/home/itpass/ml", bouncer = ["&admin@example.org", "|weed"] }
  aliases              = { zone = "example.org", old = "old", new = "new", server = { addresses = ["192.0.2.53"] } }
  backup               = { host = { addresses = ["192.0.2.50"] }, commands = { home = ["backup", "-n"] } }
}

run "day_before" {
  command = apply
  variables { login = "4h" }

  assert {
    condition     = mail_cutover.itpass.active == "source" && !mail_cutover.itpass.finalized
    error_message = "A cutover begins with the source serving."
  }
  assert {
    condition     = mail_ssh_access.home[0].permit_root_login == "yes" && mail_ssh_access.home[0].paths == tolist(["/home/"])
    error_message = "A1: root comes in on new, for /home."
  }
  assert {
    condition     = mail_sync.home.preview && mail_sync.home.delete && mail_sync.home.one_file_system && mail_sync.home.exclude == tolist(["chikuwa*", "aquota.user", "gate"])
    error_message = "A2: shown beforehand, with deletions, on one file system, but for what only new has."
  }
  assert {
    condition     = !mail_sync.crontabs.delete
    error_message = "C2: crontabs of new stay."
  }
  assert {
    condition     = mail_dns_ttl.local.ttl == 300
    error_message = "B0: the TTL is low around the day."
  }
  assert {
    condition     = alltrue([for service in mail_service.new : !service.running && !service.enabled]) && length(mail_service.new) == 4
    error_message = "Nothing runs on new while it is filled."
  }
  assert {
    condition     = mail_file.control["locals"].lines == tolist(["localhost", "ika.example.org", "itpass.example.org"])
    error_message = "F1: what new accepts mail for."
  }
  assert {
    condition     = length(mail_job.refuse_root) == 0 && length(mail_service.bind_of_old) == 0 && length(mail_service.of_old) == 0
    error_message = "What comes afterwards comes afterwards."
  }
}

run "exchange" {
  command = apply
  variables { active = "target" }

  assert {
    condition     = length(mail_ssh_access.home) == 0
    error_message = "C5: closed."
  }
  assert {
    condition     = mail_cutover.itpass.identity.mode == "exchange" && mail_cutover.itpass.identity.addresses == tolist(["192.0.2.22/24"]) && mail_cutover.itpass.identity.park_address == "192.0.2.21/24"
    error_message = "D3: the addresses are exchanged."
  }
  assert {
    condition     = contains(mail_cutover.itpass.identity.rewrite_in, "/usr/local/bind/etc/namedb/localhost.rev")
    error_message = "D1: the zones name the host, too."
  }
  assert {
    condition     = mail_cutover.itpass.checks["smtp"].address == "192.0.2.22:25" && mail_cutover.itpass.checks["old_pop"].address == "192.0.2.21:110" && mail_cutover.itpass.checks["old_pop"].refused
    error_message = "G5: whoever has the other address refuses."
  }
  assert {
    condition     = mail_cutover.itpass.jobs[0].before_open && contains(mail_cutover.itpass.jobs[0].command, "/home/itpass/ml/bouncer")
    error_message = "F3: the bouncer is written before mail comes in."
  }
  assert {
    condition     = contains(mail_cutover.itpass.jobs[3].command, "update add new.example.org 300 A 192.0.2.22")
    error_message = "G6: the name of new follows it."
  }
  assert {
    condition     = mail_service.bind_of_old[0].enabled && length(mail_backup.namedb_of_old) == 1 && length(mail_job.refuse_root) == 1
    error_message = "C5, E1: root is refused on old, its zones are kept, its name server starts at boot."
  }
}

run "back" {
  command = apply

  assert {
    condition     = contains(mail_cutover.itpass.jobs[3].command, "update add new.example.org 300 A 192.0.2.21")
    error_message = "A way back gives the names back."
  }
}

run "a_week_later" {
  command = apply
  variables {
    active    = "target"
    finalized = true
    login     = "4h"
  }

  assert {
    condition     = mail_dns_ttl.local.ttl == 3600 && length(mail_backup.namedb_of_new) == 1
    error_message = "H2: the TTL comes back, after a backup."
  }
  assert {
    condition     = mail_job.remove_kept[0].command == tolist(["rm", "-f", "/etc/shadow~", "/usr/local/qpopper/pop.auth~"])
    error_message = "H1: what was kept goes."
  }
  assert {
    condition     = length(mail_job.remove_accounts) == 1 && length(mail_ssh_access.home) == 0
    error_message = "H3: temporary accounts go; nobody is let in any more."
  }
  assert {
    condition     = mail_file.control_of_old["rcpthosts"].content == "localhost\n" && mail_service.of_old["qmail"].running
    error_message = "E2: old sends and receives nothing."
  }
}

run "nothing_optional" {
  command = apply
  variables {
    active   = "target"
    resolver = null
    pull_key = null
    list     = null
    aliases  = null
    backup   = null
  }

  assert {
    condition     = length(mail_cutover.itpass.jobs) == 2 && length(mail_job.refuse_root) == 0
    error_message = "Without a list, a zone and a key these are left out."
  }
}
