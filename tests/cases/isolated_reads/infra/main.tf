variable "at" {}
variable "from" {}
variable "late" {}

resource "local_file" "key" {
  filename = "${var.at}/key"
  content  = "of ${terraform.workspace}"

  depends_on = [data.local_file.late]
}

data "local_file" "theirs" {
  count     = local.reads && !var.late ? 1 : 0
  filename   = "${var.from}/key"
}

data "local_command" "theirs" {
  count     = local.reads && !var.late ? 1 : 0
  command    = "cat"
  arguments  = ["${var.from}/key"]
}

resource "local_file" "copy" {
  count    = local.reads && !var.late ? 1 : 0
  filename = "${var.at}/copy"
  source   = "${var.from}/key"
}

# Which file it is shows only in the apply.
resource "terraform_data" "name" {
  count = local.reads && var.late ? 1 : 0
}

data "local_file" "late" {
  count    = local.reads && var.late ? 1 : 0
  filename = terraform_data.name[0].id == "" ? "" : "${var.from}/key"
}

locals {
  reads = terraform.workspace == "test"
}
