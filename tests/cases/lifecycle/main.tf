variable "v" {
  default = 1
}

variable "limit" {
  default = 5
}

resource "terraform_data" "ignoring" {
  input            = var.v
  triggers_replace = var.v

  lifecycle {
    ignore_changes = [input, triggers_replace]
  }
}

resource "terraform_data" "base" {
  input = var.v
}

resource "terraform_data" "triggered" {
  lifecycle {
    replace_triggered_by = [terraform_data.base]
  }
}

resource "terraform_data" "conditional" {
  input = var.v

  lifecycle {
    precondition {
      condition     = var.limit > 0
      error_message = "The limit is ${var.limit}, it must be more than 0."
    }

    postcondition {
      condition     = self.output < 9
      error_message = "The output ${self.output} is too large."
    }
  }
}
