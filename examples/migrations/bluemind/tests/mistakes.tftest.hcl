# What the variables refuse, before anything is asked of a host.

mock_provider "mail" {
  override_data {
    target = data.mail_product.bluemind
    values = {
      data_paths   = ["/var/spool/cyrus/"]
      config_paths = ["/etc/bm/**"]
      databases    = [{ name = "bj", engine = "postgresql", user = "bj" }]
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
}

variables {
  old               = { addresses = ["192.0.2.21"] }
  new               = { addresses = ["192.0.2.22"] }
  service_addresses = ["192.0.2.25/24"]
}

run "unknown_side" {
  command = plan
  variables { active = "both" }
  expect_failures = [var.active]
}

run "finalized_while_the_source_serves" {
  command = plan
  variables { finalized = true }
  expect_failures = [var.finalized]
}

run "no_prefix_length" {
  command = plan
  variables { service_addresses = ["192.0.2.25"] }
  expect_failures = [var.service_addresses]
}

run "a_host_reached_by_the_address_that_moves" {
  command = plan
  variables { old = { addresses = ["192.0.2.25"] } }
  expect_failures = [var.service_addresses]
}

run "no_addresses" {
  command = plan
  variables { new = { addresses = [] } }
  expect_failures = [var.new]
}

run "open_relay" {
  command = plan
  variables { my_networks = { old = "192.0.2.21/32", new = "0.0.0.0/0" } }
  expect_failures = [var.my_networks]
}

run "open_relay_after_a_way_back" {
  command = plan
  variables { my_networks = { old = "::/0", new = "192.0.2.22/32" } }
  expect_failures = [var.my_networks]
}

run "wide_network" {
  command = plan
  variables { my_networks = { old = "192.0.2.21/32", new = "10.0.0.0/15" } }
  expect_failures = [check.open_relay]
}

run "wide_network_before" {
  command = plan
  variables { my_networks = { old = "10.0.0.0/8", new = "192.0.2.22/32" } }
  expect_failures = [check.open_relay]
}

run "wide_ipv6_network" {
  command = plan
  variables { my_networks = { old = "2001:db8::21/128", new = "2001:db8::/47" } }
  expect_failures = [check.open_relay]
}

run "as_wide_as_a_site" {
  command = plan
  variables { my_networks = { old = "2001:db8::/48", new = "10.0.0.0/16" } }
}

run "park_address_without_prefix" {
  command = plan
  variables { park_address = "192.0.2.121" }
  expect_failures = [var.park_address]
}

run "probe_mailbox_is_no_address" {
  command = plan
  variables { probe_mailbox = "postmaster" }
  expect_failures = [var.probe_mailbox]
}

run "on_destroy_is_one_of_three" {
  command = plan
  variables { on_destroy = "keep" }
  expect_failures = [var.on_destroy]
}
