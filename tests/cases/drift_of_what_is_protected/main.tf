# Where it is made anew it is well again.
resource "local_command" "data" {
  create = "rm -f sick; date +%N"
  read   = "printf %s \"$TERRACE_OUTPUT\""
}

resource "local_command" "server" {
  create = "rm -f down; date +%N"
  read   = "printf %s \"$TERRACE_OUTPUT\""
}

resource "terraform_data" "orders" {
  triggers_replace = local_command.server.id
}
