# Before the names move, so that caches forget them soon; destroying puts the old TTL back.
resource "mail_dns_ttl" "zone" {
  host       = mail_host.new.id
  zone_files = { "example.org" = "/etc/bind/db.example.org" }
  ttl        = 300
  reload     = "named"
}
