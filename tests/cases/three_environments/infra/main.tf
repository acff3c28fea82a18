variable "size" {
  type = number
}

variable "name" {
  default = "plain"
}

resource "terraform_data" "server" {
  count = var.size
  input = "${terraform.workspace} ${var.name}"
}

output "servers" {
  value = terraform_data.server[*].output
}
