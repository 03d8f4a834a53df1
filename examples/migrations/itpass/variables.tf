variable "old" {
  description = "The server that serves now. host_key is its public key as in authorized_keys; it is what tells the two apart, since their addresses are exchanged. user is one who stays when root is refused, such as a system user with sudo."
  type = object({
    host_key = string
    port     = optional(number, 22)
    user     = optional(string)
    jump     = optional(string)
    become   = optional(string, "none")
  })
}

variable "new" {
  description = "The server that shall serve. Attributes as in old."
  type = object({
    host_key = string
    port     = optional(number, 22)
    user     = optional(string)
    jump     = optional(string)
    become   = optional(string, "none")
  })

  validation {
    condition     = var.new.host_key != var.old.host_key
    error_message = "old and new have the same host_key: they are one host, or one was copied from the other. Make new host keys on one of them."
  }
}

variable "addresses" {
  description = "The addresses of both before the exchange, with their prefix lengths. That of old is the service's, and is new's afterwards."
  type        = object({ old = string, new = string })

  validation {
    condition     = can(cidrhost(var.addresses.old, 0)) && can(cidrhost(var.addresses.new, 0))
    error_message = "addresses.old and addresses.new have a prefix length, such as 192.0.2.22/24."
  }

  validation {
    condition     = split("/", var.addresses.old)[0] != split("/", var.addresses.new)[0]
    error_message = "addresses.old and addresses.new are the same."
  }
}

variable "hostnames" {
  description = "The host names of both before the exchange, as in /etc/hostname."
  type        = object({ old = string, new = string })

  validation {
    condition     = var.hostnames.old != var.hostnames.new
    error_message = "hostnames.old and hostnames.new are the same."
  }
}

variable "domains" {
  description = "What the serving side accepts mail for, beside localhost: the lines of locals and rcpthosts (F1)."
  type        = list(string)

  validation {
    condition     = length(var.domains) > 0 && !contains(var.domains, "localhost")
    error_message = "domains needs at least one domain; localhost is always there."
  }
}

variable "name" {
  description = "Names the exchange on the hosts. It stays the same until it is finalized."
  type        = string
  default     = "itpass"
}

variable "active" {
  description = "The server that shall serve: \"source\" (old) first, then \"target\" (new), and \"source\" again to go back. With finalized, all that is ever changed."
  type        = string
  default     = "source"

  validation {
    condition     = contains(["source", "target"], var.active)
    error_message = "active is \"source\" or \"target\"."
  }
}

variable "finalized" {
  description = "After a week, once all is well: gives up the way back, and does the later work (E2, H1 to H3)."
  type        = bool
  default     = false

  validation {
    condition     = !var.finalized || var.active == "target"
    error_message = "finalized gives up the way back to old: it goes with active = \"target\"."
  }
}

variable "login" {
  description = "How long root may log in from old to new, to run rsync below /home by hand (A1, C1), as a duration. Null closes it (A5, C5). What this module copies needs no such login."
  type        = string
  default     = null
}

variable "pull_key" {
  description = "The public key by which root of new comes in on old. Once new serves, it is bound to rsync of /home, and the file of root's keys on old is put aside, so that nobody comes in as root (C5). Null leaves them."
  type        = string
  default     = null
}

variable "exclude" {
  description = "What else below /home does not travel, and is not deleted on new, as patterns of rsync: what the rehearsal (A2) shows and nobody expected. Names of users whom only new has keep their crontabs there, too."
  type        = list(string)
  default     = []
}

variable "delete_limit_percent" {
  description = "A pass stops before it would delete more than this share of /home on new."
  type        = number
  default     = 10
}

variable "uid_range" {
  description = "The user ids of accounts that travel (C3)."
  type        = object({ from = number, to = number })
  default     = { from = 1000, to = 29999 }
}

variable "temporary_accounts" {
  description = "Accounts that only new has, for the time of the migration, as patterns. They do not travel, and are removed with their homes when it is finalized (H3)."
  type        = list(string)
  default     = ["chikuwa*"]
}

variable "resolver" {
  description = "What /etc/resolv.conf on new has to say before anything begins (B1). Null: it is not looked at."
  type        = object({ nameservers = list(string), search = string })
  default     = null
}

variable "namedb" {
  description = "The folder of BIND's zones, on both."
  type        = string
  default     = "/usr/local/bind/etc/namedb"
}

variable "ttl" {
  description = "The TTL, in seconds, of the local zones around the day (B0), and again when it is finalized (H2)."
  type        = object({ day = optional(number, 300), after = optional(number, 3600) })
  default     = {}
}

variable "rewrite_in" {
  description = "Files in which names and addresses are exchanged, on both (D1, D3), beside the network's own. Null: the procedure's."
  type        = list(string)
  default     = null
}

variable "aliases" {
  description = "Names that stay with a machine, whatever its address: the zone that has them, their names for old and new, and its primary server, on which nsupdate changes them with a key that lies there (G6). Null: no zone is changed."
  type = object({
    zone   = string
    old    = string
    new    = string
    key    = optional(string, "/run/named/session.key") # of update-policy local
    server = object({ addresses = list(string), host_key = optional(string), user = optional(string), become = optional(string, "none") })
  })
  default = null
}

variable "list" {
  description = "The mailing list's control folder, and the lines of its file bouncer (F3). Null: there is none."
  type        = object({ folder = string, bouncer = list(string) })
  default     = null
}

variable "probe" {
  description = "A user with a mailbox: his address, and his name for POP3. With a password of his in passwords_wo he logs in by APOP."
  type        = object({ address = string, user = string })
}

variable "passwords_wo" {
  description = "Passwords for checks, by user."
  type        = map(string)
  default     = null
  ephemeral   = true
}

variable "passwords_wo_version" {
  description = "Raise it when passwords_wo has changed."
  type        = number
  default     = null
}

variable "web" {
  description = "Pages that have to show, as URLs at the service's name or address (G1)."
  type        = list(string)
  default     = []
}

variable "backup" {
  description = "The third host, and the nightly backups' commands as they are rehearsed on it, by name (G7). Null: not looked at."
  type = object({
    host     = object({ addresses = list(string), host_key = optional(string), user = optional(string), become = optional(string, "none") })
    commands = map(list(string))
  })
  default = null
}

variable "product" {
  description = "The catalogue's entry."
  type        = string
  default     = "qmail"
}

variable "window" {
  description = "Bounds of the exchange: the longest outage, how long a host waits for the commit before it reverts by itself, how long running transactions may take, and, in RFC 3339, not before and not after when."
  type = object({
    outage_budget  = optional(string, "10m")
    confirm_within = optional(string, "15m")
    drain          = optional(string, "10s")
    not_before     = optional(string)
    not_after      = optional(string)
  })
  default = {}
}

variable "hold_before" {
  description = "A stage before which the exchange waits until somebody says `terraform-provider-mail rescue continue`: freeze, identity or commit."
  type        = string
  default     = null
}

variable "on_destroy" {
  description = "What destroying does while new serves and a way back is open: refuse, back_out or forget."
  type        = string
  default     = "refuse"
}
