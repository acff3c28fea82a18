variable "status" {
  type = number
}

resource "local_command" "it" {
  create = "exit ${var.status}"
}

output "it" {
  value = "made"
}
