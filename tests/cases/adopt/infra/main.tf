variable "permission" {}

variable "logs" {}

variable "usual" {
  default = "0755"
}

# The data of the shop.
resource "local_directory" "data" {
  path       = "../data"
  permission = "0750"   # nobody else
}

resource "local_directory" "of_variable" {
  path       = "../of_variable"
  permission = var.permission
}

resource "local_directory" "computed" {
  path       = "../computed"
  permission = format("0%d", 750)
}

resource "local_directory" "of_default" {
  path       = "../of_default"
  permission = var.usual
}

resource "local_directory" "each" {
  for_each   = toset(["a", "b"])
  path       = "../each-${each.key}"
  permission = "0750"
}

module "logs" {
  source     = "./module"
  permission = var.logs.permission
}

resource "local_directory" "unset" {
  path = "../unset" # as it comes
}
