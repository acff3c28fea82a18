variable "a" {
  default = "1"
}

variable "b" {
  default = "1"
}

resource "terraform_data" "key" {
  input = { a = var.a, b = var.b }
  lifecycle {
    ignore_changes = [input["a"]]
  }
}

resource "terraform_data" "attribute" {
  input = { a = var.a, b = var.b }
  lifecycle {
    ignore_changes = [input.a]
  }
}

resource "terraform_data" "map" {
  input = tomap({ a = var.a, b = var.b })
  lifecycle {
    ignore_changes = [input["a"]]
  }
}

resource "terraform_data" "deep" {
  input = { m = { a = var.a, b = var.b }, c = var.b }
  lifecycle {
    ignore_changes = [input.m["a"]]
  }
}

resource "terraform_data" "through" {
  input = { m = { a = var.a, b = var.b }, c = var.b }
  lifecycle {
    ignore_changes = [input["m"].a]
  }
}

resource "terraform_data" "list" {
  input = [var.a, var.b]
  lifecycle {
    ignore_changes = [input[0]]
  }
}
