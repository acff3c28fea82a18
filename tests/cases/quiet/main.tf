variable "status" {
  default = 0
}

resource "terraform_data" "kept" {}

resource "local_command" "a" {
  triggers = { status = var.status }
  create   = "exit ${var.status}"
}

output "status" {
  value = local_command.a.triggers.status
}
