variable "number" {
  type      = number
  sensitive = true
  default   = 1
}

variable "login" {
  type      = object({ user = string, tries = number })
  sensitive = true
  default   = { user = "nobody", tries = 1 }
}

variable "open" {
  type    = number
  default = 1
}
