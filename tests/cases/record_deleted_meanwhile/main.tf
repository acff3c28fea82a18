# It takes the record away with everything else that no version control knows.
resource "local_command" "clean" {
  create = "rm -rf .terrace; echo made >> clean.txt"
}

resource "local_command" "after" {
  create     = "echo made >> after.txt"
  depends_on = [local_command.clean]
}
