# What is done when new serves, and when the way back has been given up.

# C5: on old root is refused: the key of new's root is bound to rsync of /home, and the file is put aside.
resource "mail_job" "refuse_root" {
  count = local.on_target && var.pull_key != null ? 1 : 0

  host = mail_host.old.id
  wait = true
  command = ["sh", "-ec", <<-EOT
    cd /root/.ssh
    [ -e authorized_keys ] || exit 0
    cp -p authorized_keys authorized_keys.bk.new
    KEY=$1 OPTIONS=$2 awk 'index($0, ENVIRON["KEY"]) == 1 { $0 = ENVIRON["OPTIONS"] " " $0 } { print }' authorized_keys >authorized_keys.bk.new
    mv authorized_keys.bk.new authorized_keys.bk
    rm authorized_keys
    EOT
    , "refuse_root", join(" ", slice(split(" ", trimspace(var.pull_key)), 0, 2)),
    "command=\"rsync --server -vlogDtpr --delete . /home/\",no-pty,from=\"${var.hostnames.old}\",no-port-forwarding,no-X11-forwarding,no-agent-forwarding",
  ]

  depends_on = [mail_cutover.itpass]
}

# E1
resource "mail_backup" "namedb_of_old" {
  count = local.on_target ? 1 : 0

  host      = mail_host.old.id
  paths     = [var.namedb]
  directory = "/var/backups/mail"

  depends_on = [mail_cutover.itpass]
}

resource "mail_service" "bind_of_old" {
  count = local.on_target ? 1 : 0

  host    = mail_host.old.id
  name    = "bind"
  running = true
  enabled = true

  depends_on = [mail_backup.namedb_of_old]
}

# E2, when the migration is over: from old mail leaves, and none is received. Before, a way back would meet a server that refuses mail for good.
resource "mail_file" "control_of_old" {
  for_each = toset(var.finalized ? ["locals", "rcpthosts"] : [])

  host    = mail_host.old.id
  path    = "/var/qmail/control/${each.value}"
  content = "localhost\n"

  depends_on = [mail_cutover.itpass]
}

resource "mail_service" "of_old" {
  for_each = toset(var.finalized ? ["qmail", "tcpserver"] : [])

  host    = mail_host.old.id
  name    = each.value
  running = true
  enabled = true

  depends_on = [mail_file.control_of_old]
}

# G7
resource "mail_host" "backup" {
  count = var.backup == null ? 0 : 1

  addresses = var.backup.host.addresses
  host_key  = var.backup.host.host_key
  user      = var.backup.host.user
  become    = var.backup.host.become
}

data "mail_checks" "backup" {
  count = var.backup != null && local.on_target ? 1 : 0

  from   = mail_host.backup[0].id
  checks = { for name, command in var.backup.commands : name => { kind = "command", command = command, timeout = "5m" } }

  depends_on = [mail_cutover.itpass]
}

# H1
resource "mail_job" "remove_kept" {
  count = var.finalized ? 1 : 0

  host    = mail_host.new.id
  command = concat(["rm", "-f"], [for file in local.kept : "${file}~"])
  wait    = true

  depends_on = [mail_cutover.itpass]
}

# H2
resource "mail_backup" "namedb_of_new" {
  count = var.finalized ? 1 : 0

  host      = mail_host.new.id
  paths     = [var.namedb]
  directory = "/var/backups/mail"
}

# H3
resource "mail_job" "remove_accounts" {
  count = var.finalized && length(var.temporary_accounts) > 0 ? 1 : 0

  host = mail_host.new.id
  wait = true
  command = concat(["sh", "-ec", <<-EOT
    cut -d: -f1 /etc/passwd | while IFS= read -r user; do
      for pattern in "$@"; do
        case $user in
        $pattern)
          userdel -r "$user" 2>/dev/null || ! grep -q "^$user:" /etc/passwd
          awk -v user="$user" '$1 != user' /etc/sudoers >/etc/sudoers.new
          visudo -cqf /etc/sudoers.new
          cat /etc/sudoers.new >/etc/sudoers
          rm /etc/sudoers.new
          ;;
        esac
      done
    done
    EOT
  , "remove_accounts"], var.temporary_accounts)

  depends_on = [mail_cutover.itpass]
}
