variable "password" {
  type      = string
  sensitive = true
}

variable "pin" {
  type      = number
  sensitive = true
}

variable "other" {
  default = 1
}

resource "terraform_data" "a" {
  input = { user = "me", password = var.password, pin = var.pin, other = var.other }
}

resource "terraform_data" "b" {
  input = terraform_data.a.output.password
}

data "local_command" "said" {
  command   = "printf"
  arguments = ["the password is %s", var.password]
}

output "a" {
  value = terraform_data.a.output
}

output "said" {
  value = data.local_command.said.stdout
}
