resource "local_command" "app" {
  create  = "test -z \"$IS_BAD\""
  delete  = "true"
}
