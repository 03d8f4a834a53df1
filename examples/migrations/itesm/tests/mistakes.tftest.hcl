# What the variables refuse, before anything is asked of a host.

mock_provider "mail" {
  override_resource {
    target = mail_host.cluster
    values = { id = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
}

variables {
  hosts = {
    mailconf1   = { addresses = ["192.0.2.31"], role = "config", active = false }
    mailconf2   = { addresses = ["192.0.2.32"], role = "config" }
    mailserver1 = { addresses = ["192.0.2.33"], role = "mta" }
  }
}

run "unknown_role" {
  command = plan
  variables {
    hosts = { mailconf2 = { addresses = ["192.0.2.32"], role = "config" }, x = { addresses = ["192.0.2.33"], role = "mmp" } }
  }
  expect_failures = [var.hosts]
}

run "two_active_configuration_servers" {
  command = plan
  variables {
    hosts = { a = { addresses = ["192.0.2.31"], role = "config" }, b = { addresses = ["192.0.2.32"], role = "config" } }
  }
  expect_failures = [var.hosts]
}

run "account_service_elsewhere" {
  command = plan
  variables { account_services = [{ host = "portal", service = "accounts" }] }
  expect_failures = [var.account_services]
}

run "as_declared" {
  command = plan
  variables {
    account_services = [{ host = "mailconf1", service = "notes-accounts" }]
    storage          = { device = "/dev/vdb1" }
    switch_to        = "mailconf1"
    rebuild          = { host = "mailconf1" }
  }
  assert {
    condition     = mail_upgrade.cpms.version == "6.7" && length(mail_upgrade.cpms.hosts) == 3 && mail_upgrade.cpms.hosts["mailconf1"].active == false
    error_message = "The cluster is not declared as it is."
  }
  assert {
    condition     = mail_upgrade.cpms.storage.path == "/opt/criticalpath/nfs" && mail_upgrade.cpms.estimates.jobs == "390m"
    error_message = "Storage or durations are not the document's."
  }
}
