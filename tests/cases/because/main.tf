variable "first" {
  default = "alpha"
}

variable "second" {
  default = "beta"
}

variable "switch" {
  default = false
}

locals {
  tags = { team = var.first, size = 3 }
}

resource "terraform_data" "same" {
  input = "constant"
}

resource "terraform_data" "text" {
  input = "${path.module} ${var.first} ${var.second} ${terraform_data.same.output} ${terraform.workspace}"
}

resource "terraform_data" "object" {
  input = { x = var.first, list = [1, upper(var.second)], tags = local.tags, own = path.module }
}

resource "terraform_data" "unclear" {
  input = md5("${var.first}${var.second}")
}

resource "terraform_data" "fixed_aside" {
  input = md5("${var.second}${terraform_data.same.output}")
}

resource "terraform_data" "switched" {
  input = var.switch ? var.second : var.first
}

resource "terraform_data" "tags" {
  for_each = toset(["one"])
  input    = merge(local.tags, { name = each.key, deep = { second = var.second } })
}

resource "local_file" "edited" {
  filename = "edited.txt"
  content  = "written"
}

resource "local_file" "deleted" {
  filename = "deleted.txt"
  content  = "written"
}

variable "greeting" {
  default = "good day"
}

resource "terraform_data" "around" {
  input = "say ${var.greeting} to all"
}
