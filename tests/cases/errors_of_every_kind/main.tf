resource "terraform_data" "reference" {
  input = var.nope
}

resource "terraform_data" "argument" {
  inptu = terraform_data.reference.output
}

resource "terraform_data" "function" {
  input = uper("a")
}

resource "nowhere_thing" "provider" {
  name = terraform_data.function.output.any
}

resource "local_file" "required" {
  content = local.x
}

resource "random_integer" "type" {
  min = "low"
  max = 5
}

resource "terraform_data" "dynamic" {
  dynamic "nope" {
    for_each = []
  }
}

locals {
  x = local.y
  y = local.x
}

provider "random" {
  sead = 1
}

variable "typ" {
  typ = string
}

resorce "terraform_data" "typo" {}

output "of_all" {
  value = [terraform_data.typo.id, nowhere_thing.provider.id, terraform_data.reference.id, var.typ.x]
}
