variable "size" {
  default = "small"
}

resource "local_command" "server" {
  create   = "test ! -e broken && date +%N"
  triggers = { size = var.size }
}

resource "terraform_data" "client" {
  input = local_command.server.id
}
