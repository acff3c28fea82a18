variable "permission" {}

resource "local_directory" "logs" {
  path       = "../logs"
  permission = (var.permission)
}
