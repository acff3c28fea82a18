# Where it is made anew it is well again.
resource "local_command" "server" {
  create = "rm -f sick; date +%N"
  read   = "printf %s \"$TERRACE_OUTPUT\""
}

resource "terraform_data" "client" {
  input = local_command.server.output
}

resource "terraform_data" "another" {
  triggers_replace = local_command.server.id
}

resource "terraform_data" "stranger" {
  input = "stranger"
}
