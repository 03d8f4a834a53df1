# Values that are refused, each with a sentence of the module's own.

mock_provider "mail" {
  override_data {
    target = data.mail_product.qmail
    values = { stop_order = [["tcpserver"], ["qmail"]] }
  }
  override_data {
    target = data.mail_checks.resolver
    values = { results = { "search example.org" = { ok = false, detail = "exit code 1", seconds = 0.1 } } }
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
    target = mail_host.old
    values = { id = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
  override_resource {
    target = mail_host.new
    values = { id = "SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB" }
  }
}

variables {
  old       = { host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAF6PL1zsQD9NM6q9K+/BgNJw/mMQBDQ8tdwSNrt7etz" }
  new       = { host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdhWP8vDnsKNec22O+sVGk0zDX45X0FJRfYJ7IN1FfB" }
  addresses = { old = "192.0.2.22/24", new = "192.0.2.21/24" }
  hostnames = { old = "ika.example.org", new = "tako.example.org" }
  domains   = ["itpass.example.org"]
  probe     = { address = "probe@itpass.example.org", user = "probe" }

  passwords_wo         = { probe = "word" }
  passwords_wo_version = 1
}

run "active_is_one_of_two" {
  command = plan
  variables { active = "new" }
  expect_failures = [var.active]
}

run "finalized_goes_with_the_target" {
  command = plan
  variables { finalized = true }
  expect_failures = [var.finalized]
}

run "one_host_twice" {
  command = plan
  variables { new = { host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAF6PL1zsQD9NM6q9K+/BgNJw/mMQBDQ8tdwSNrt7etz" } }
  expect_failures = [var.new]
}

run "address_without_prefix" {
  command = plan
  variables { addresses = { old = "192.0.2.22", new = "192.0.2.21/24" } }
  expect_failures = [var.addresses]
}

run "one_address_twice" {
  command = plan
  variables { addresses = { old = "192.0.2.22/24", new = "192.0.2.22/24" } }
  expect_failures = [var.addresses]
}

run "one_name_twice" {
  command = plan
  variables { hostnames = { old = "ika.example.org", new = "ika.example.org" } }
  expect_failures = [var.hostnames]
}

run "localhost_is_no_domain" {
  command = plan
  variables { domains = ["localhost"] }
  expect_failures = [var.domains]
}

run "resolver_is_another" {
  command = apply
  variables { resolver = { nameservers = [], search = "example.org" } }
  expect_failures = [data.mail_checks.resolver]
}
