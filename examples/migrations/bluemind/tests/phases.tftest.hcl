# What the module declares, phase by phase, each on the state of the one before. No host is needed: the provider is mocked.

mock_provider "mail" {
  override_data {
    target = data.mail_product.bluemind
    values = {
      data_paths   = ["/var/spool/cyrus/", "/var/lib/cyrus/", "/var/spool/bm-hsm/", "/var/spool/sieve/", "/var/spool/bm-elasticsearch/", "/var/spool/bm-docs/", "/var/spool/bm-filehosting/"]
      config_paths = ["/etc/bm/**", "/etc/postfix/main.cf"]
      databases    = [{ name = "bj", engine = "postgresql", user = "bj" }, { name = "bj-data", engine = "postgresql", user = "bj" }]
    }
  }
  override_resource {
    target = mail_host.old
    values = { id = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
  override_resource {
    target = mail_host.new
    values = { id = "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB" }
  }
  # What the provider's defaults would be; a mock would make something up.
  override_resource {
    target = mail_sync.store
    values = { transport = "direct", verify = "quick", streams = 4 }
  }
  override_resource {
    target = mail_db_dump.bj
    values = { mode = "dump", jobs = 1, transport = "direct" }
  }
  override_resource {
    target = mail_file_set.config
    values = { transport = "direct" }
  }
  override_resource {
    target = mail_cutover.bluemind
    values = { status = "settled" }
  }
}

variables {
  old               = { addresses = ["192.0.2.21"] }
  new               = { addresses = ["192.0.2.22"] }
  service_addresses = ["192.0.2.25/24"]
  probe_mailbox     = "probe@example.org"
  my_networks       = { old = "192.0.2.21/32", new = "192.0.2.22/32" }
}

run "rehearsal" {
  command = apply

  assert {
    condition     = mail_cutover.bluemind.active == "source" && !mail_cutover.bluemind.finalized
    error_message = "A cutover begins with the source serving."
  }
  assert {
    condition     = length(mail_sync.store.paths) == 7 && alltrue([for from, to in mail_sync.store.paths : from == to])
    error_message = "The seven trees of B2 travel to the same paths."
  }
  assert {
    condition     = mail_sync.store.delete && mail_sync.store.overwrite
    error_message = "B2 mirrors with deletions, over what the first set-up left."
  }
  assert {
    condition     = toset(mail_db_dump.bj.databases) == toset(["bj", "bj-data"])
    error_message = "C3: both databases travel."
  }
  assert {
    condition     = mail_file_set.config.paths == tolist(["/etc/bm/**", "/etc/postfix/main.cf"])
    error_message = "C4: the files are the catalogue's."
  }
  assert {
    condition     = mail_service.bm.running == false && mail_service.postfix.running == false && mail_service.postfix.enabled == false
    error_message = "B1: nothing runs on the target while it is filled."
  }
  assert {
    condition     = mail_cutover.bluemind.source == mail_host.old.id && mail_cutover.bluemind.target == mail_host.new.id
    error_message = "Service goes from old to new."
  }
  assert {
    condition     = mail_cutover.bluemind.identity.mode == "take_over" && mail_cutover.bluemind.identity.addresses == tolist(["192.0.2.25/24"])
    error_message = "D2: the target takes the service address."
  }
}

run "cutover" {
  command = apply
  variables { active = "target" }

  assert {
    condition     = mail_cutover.bluemind.active == "target"
    error_message = "The target serves."
  }
  assert {
    condition     = mail_cutover.bluemind.jobs[0].command == tolist(["bmctl", "mynetworks", "192.0.2.21/32", "192.0.2.22/32"])
    error_message = "E3: the target's network takes the place of the source's."
  }
  assert {
    condition     = mail_cutover.bluemind.checks["imap"].address == "192.0.2.25:143" && mail_cutover.bluemind.checks["smtp"].expect == "probe@example.org"
    error_message = "Checks go to the service address."
  }
}

run "back" {
  command = apply

  assert {
    condition     = mail_cutover.bluemind.jobs[0].command == tolist(["bmctl", "mynetworks", "192.0.2.22/32", "192.0.2.21/32"])
    error_message = "A way back exchanges the networks again."
  }
  assert {
    condition     = mail_cutover.bluemind.on_failure.carry_back == "exact"
    error_message = "What came meanwhile goes back as it is."
  }
}

run "finalized" {
  command = apply
  variables {
    active    = "target"
    finalized = true
  }

  assert {
    condition     = mail_cutover.bluemind.finalized
    error_message = "The way back is given up."
  }
}

run "no_networks" {
  command = apply
  variables { my_networks = null }

  assert {
    condition     = length(mail_cutover.bluemind.jobs) == 0
    error_message = "Without my_networks E3 is left out."
  }
}

run "ipv6" {
  command = apply
  variables {
    old               = { addresses = ["2001:db8::21"] }
    new               = { addresses = ["2001:db8::22"] }
    service_addresses = ["2001:db8::25/64"]
  }

  assert {
    condition     = mail_cutover.bluemind.checks["smtp"].address == "[2001:db8::25]:25"
    error_message = "An IPv6 address is written in brackets where a port follows."
  }
}
