variable "names" {
  type    = set(string)
  default = ["a"]
}

variable "v" {
  default = 1
}

resource "terraform_data" "pool" {
  for_each = var.names
  input    = var.v
}

resource "terraform_data" "whole" {
  lifecycle {
    replace_triggered_by = [terraform_data.pool]
  }
}

resource "terraform_data" "instance" {
  lifecycle {
    replace_triggered_by = [terraform_data.pool["a"]]
  }
}

resource "terraform_data" "attribute" {
  lifecycle {
    replace_triggered_by = [terraform_data.pool["a"].input]
  }
}

resource "terraform_data" "other_attribute" {
  lifecycle {
    replace_triggered_by = [terraform_data.pool["a"].triggers_replace]
  }
}
