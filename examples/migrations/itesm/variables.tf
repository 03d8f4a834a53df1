variable "hosts" {
  description = "The cluster's hosts by name. role is \"config\" or \"mta\"; active = false for the configuration server that stands by. host_key is the public key as in authorized_keys; left out, known_hosts must know it."
  type = map(object({
    addresses = list(string)
    role      = string
    active    = optional(bool, true)
    host_key  = optional(string)
    port      = optional(number, 22)
    user      = optional(string)
    jump      = optional(string)
    become    = optional(string, "none")
  }))

  validation {
    condition     = alltrue([for h in var.hosts : contains(["config", "mta"], h.role)])
    error_message = "A host's role is \"config\" or \"mta\"."
  }

  validation {
    condition     = length([for h in var.hosts : h if h.role == "config" && h.active]) == 1
    error_message = "One configuration server is active."
  }
}

variable "name" {
  description = "Names the upgrade on the hosts."
  type        = string
  default     = "cpms"
}

variable "active_version" {
  description = "The version that shall serve: at first the one that is found, then the last of hops."
  type        = string
  default     = "6.7"
}

variable "hops" {
  description = "The versions in turn."
  type        = list(string)
  default     = ["7.0", "7.1"]
}

variable "account_services" {
  description = "Services by which accounts are made: they stop first, in this order, and start again once clients are served (T1, T2). host is the name of one of hosts."
  type        = list(object({ host = string, service = string }))
  default     = []

  validation {
    condition     = alltrue([for s in var.account_services : contains(keys(var.hosts), s.host)])
    error_message = "account_services names a host that is none of hosts."
  }
}

variable "backup_paths" {
  description = "What is backed up before each hop: the databases (K1), the hosts' own configuration (K2), templates (K3) and translated error texts (K4)."
  type        = list(string)
  default = [
    "/opt/criticalpath/nfs/data", "/etc/nplex", "/opt/criticalpath/nfs/www/mail/templates", "/opt/criticalpath/nfs/www/mail/errors",
  ]
}

variable "backup_directory" {
  description = "Where each host keeps its backups."
  type        = string
  default     = "/var/backups/mail"
}

variable "storage" {
  description = "The new partition for the cluster's root, made beforehand, and what is copied to it (T5 to T7). null: the root stays where it is."
  type = object({
    device  = string
    type    = optional(string)
    options = optional(list(string))
    copy    = optional(list(string), ["data/", "logs/", "mail/", "www/"])
  })
  default = null
}

variable "switch_to" {
  description = "The configuration server that stands by, which becomes the active one after the last hop (T13). null: none."
  type        = string
  default     = null
}

variable "rebuild" {
  description = "Rebuilds the mailboxes, online, on the host that is named (T15)."
  type        = object({ host = string, command = optional(list(string), ["cpmsctl", "rebuild"]) })
  default     = null
}

variable "checks" {
  description = "Probes that prove each hop, beside the product's own."
  type        = map(object({ kind = string, address = string, expect = optional(string), timeout = optional(string) }))
  default     = {}
}

variable "estimates" {
  description = "How long each step takes: the document's own durations. quiesce and mount are for one of them."
  type        = map(string)
  default = {
    quiesce = "10m", stop = "20m", backup = "30m", mount = "5m", copy = "30m", install = "60m", start = "20m", recover = "40m"
    switch  = "40m", validate = "40m", jobs = "390m", verify = "20m"
  }
}

variable "window" {
  description = "Bounds of the upgrade: not before and not after when (RFC 3339), and the longest outage."
  type        = object({ not_before = optional(string), not_after = optional(string), outage_budget = optional(string) })
  default     = null
}

variable "on_failure" {
  description = "\"back_out\" takes the hop back that fails; \"halt\" stops where it is."
  type        = string
  default     = "back_out"
}

variable "on_destroy" {
  description = "What destroying does while a hop is not at its end: \"refuse\", \"back_out\" or \"forget\"."
  type        = string
  default     = "refuse"
}
