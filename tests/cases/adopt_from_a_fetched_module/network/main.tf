variable "permission" {
  default = "0755"
}

resource "local_directory" "fixed" {
  path       = "fixed"
  permission = "0755"
}

resource "local_directory" "given" {
  path       = "given"
  permission = var.permission
}
