variable "old" {
  description = "The host that serves now. host_key is its public key as in authorized_keys; left out, known_hosts must know it. The first address that presents the key is used, so none of service_addresses belongs here."
  type = object({
    addresses = list(string)
    host_key  = optional(string)
    port      = optional(number, 22)
    user      = optional(string)
    jump      = optional(string)
    become    = optional(string, "none")
  })

  validation {
    condition     = length(var.old.addresses) > 0
    error_message = "old.addresses needs at least one address."
  }
}

variable "new" {
  description = "The host that shall serve: the product's first set-up has been run there, in the same version. Attributes as in old."
  type = object({
    addresses = list(string)
    host_key  = optional(string)
    port      = optional(number, 22)
    user      = optional(string)
    jump      = optional(string)
    become    = optional(string, "none")
  })

  validation {
    condition     = length(var.new.addresses) > 0
    error_message = "new.addresses needs at least one address."
  }
}

variable "name" {
  description = "Names the cutover on the hosts. It stays the same until the cutover is finalized."
  type        = string
  default     = "bluemind"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.name))
    error_message = "name is made of letters, digits, dots, underscores and dashes."
  }
}

variable "active" {
  description = "The side that shall serve: \"source\" first, then \"target\", and \"source\" again to go back. With finalized, all that is ever changed."
  type        = string
  default     = "source"

  validation {
    condition     = contains(["source", "target"], var.active)
    error_message = "active is \"source\" or \"target\"."
  }
}

variable "finalized" {
  description = "Gives up the way back, once the target serves and all is well."
  type        = bool
  default     = false

  validation {
    condition     = !var.finalized || var.active == "target"
    error_message = "finalized gives up the way back to the source: it goes with active = \"target\"."
  }
}

variable "service_addresses" {
  description = "The addresses that clients use, with their prefix length. They move from the source to the target."
  type        = list(string)

  validation {
    condition     = length(var.service_addresses) > 0 && alltrue([for a in var.service_addresses : can(cidrhost(a, 0))])
    error_message = "service_addresses needs addresses with a prefix length, such as 192.0.2.25/24."
  }

  validation {
    condition = alltrue([
      for a in var.service_addresses : !contains(concat(var.old.addresses, var.new.addresses), split("/", a)[0])
    ])
    error_message = "An address of service_addresses moves, so no host can be reached by it: leave it out of old.addresses and new.addresses."
  }
}

variable "park_address" {
  description = "What the source gets when it gives the service addresses up, with its prefix length. Needed where it has no other address."
  type        = string
  default     = null

  validation {
    condition     = var.park_address == null || can(cidrhost(var.park_address, 0))
    error_message = "park_address is an address with a prefix length, such as 192.0.2.121/24."
  }
}

variable "probe_mailbox" {
  description = "An address of the product's that SMTP checks ask for. Left out: the greeting is enough."
  type        = string
  default     = null

  validation {
    condition     = var.probe_mailbox == null || can(regex("^[^@[:space:]]+@[^@[:space:]]+$", var.probe_mailbox))
    error_message = "probe_mailbox is a mail address."
  }
}

variable "my_networks" {
  description = "The product's \"my networks\": the network that the source trusts, and what takes its place on the target. A wide one is warned of: it would make an open relay. Left out: the setting stays as it is."
  type        = object({ old = string, new = string })
  default     = null

  validation {
    condition     = var.my_networks == null || try(can(cidrhost(var.my_networks.old, 0)) && can(cidrhost(var.my_networks.new, 0)), false)
    error_message = "my_networks.old and my_networks.new are networks, such as 192.0.2.21/32."
  }

  validation {
    condition = var.my_networks == null || try(alltrue([
      for network in [var.my_networks.old, var.my_networks.new] : tonumber(split("/", network)[1]) >= 8
    ]), true)
    error_message = "my_networks.old or my_networks.new would open the relay to most of the Internet: the prefix is shorter than /8."
  }
}

variable "keep" {
  description = "Settings of which the target keeps its own value, by file."
  type        = list(object({ in = string, keys = list(string) }))
  default     = []
}

variable "delete_limit_percent" {
  description = "A pass stops before it would delete more than this share of a tree's entries on the target. The tree of Cyrus' state is small, and each session that has ended is an entry less."
  type        = number
  default     = 50

  validation {
    condition     = var.delete_limit_percent >= 0 && var.delete_limit_percent <= 100
    error_message = "delete_limit_percent is a share of 0 to 100."
  }
}

variable "estimates" {
  description = "How long stopping and starting all services is expected to take, as durations, where nothing has been measured yet."
  type        = object({ stop = optional(string), start = optional(string) })
  default     = null
}

variable "window" {
  description = "Bounds of a move: the longest outage, how long a host waits for the commit before it reverts by itself, how long running transactions may take, and, in RFC 3339, not before and not after when."
  type = object({
    outage_budget  = optional(string, "10m")
    confirm_within = optional(string, "15m")
    drain          = optional(string, "10s")
    not_before     = optional(string)
    not_after      = optional(string)
  })
  default = {}
}

variable "rehearse" {
  description = "Also starts the target, fenced, on the copied data, checks it at its own address and stops it again."
  type        = bool
  default     = false
}

variable "hold_before" {
  description = "A stage before which a move waits until somebody says `terraform-provider-mail rescue continue`: freeze, identity or commit."
  type        = string
  default     = null

  validation {
    condition     = var.hold_before == null || contains(["freeze", "identity", "commit"], coalesce(var.hold_before, "none"))
    error_message = "hold_before is freeze, identity or commit."
  }
}

variable "on_destroy" {
  description = "What destroying does while the target serves and a way back is open: refuse, back_out or forget."
  type        = string
  default     = "refuse"

  validation {
    condition     = contains(["refuse", "back_out", "forget"], var.on_destroy)
    error_message = "on_destroy is refuse, back_out or forget."
  }
}
