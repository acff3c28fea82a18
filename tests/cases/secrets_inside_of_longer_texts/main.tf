variable "password" {
  type      = string
  sensitive = true
}

variable "pin" {
  type      = string
  sensitive = true
}

locals {
  spoken = "echo password=${var.password}"
}

resource "random_password" "made" {
  length  = 12
  special = false
}

module "inner" {
  source = "./inner"
  word   = "from-the-module"
}

resource "local_command" "said" {
  create = ["sh", "-c", local.spoken]
}

resource "local_command" "short" {
  create = ["sh", "-c", "echo pin ${var.pin} and pins ${var.pin}000"]
}

resource "local_command" "made" {
  create = ["sh", "-c", "echo user=me:${random_password.made.result}"]
}

resource "local_command" "inner" {
  create = ["sh", "-c", "echo ${module.inner.phrase}"]
}

resource "local_command" "plain" {
  create = ["sh", "-c", "echo nothing to hide"]
}
