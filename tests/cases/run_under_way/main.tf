resource "local_command" "slow" {
  create = ["sh", "-c", "echo > begun; read line < go"]
}
