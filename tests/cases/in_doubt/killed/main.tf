resource "local_command" "it" {
  create = "touch begun; kill -9 $PPID"
}
