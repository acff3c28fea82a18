variable "size" {
  type    = number
  default = 3
  validation {
    condition     = var.size > 0
    error_message = "Too small."
  }
  validation {
    condition     = var.size < 10
    error_message = "Too big."
  }
}
variable "secret" {
  sensitive = true
  default   = "s"
}
resource "terraform_data" "each" {
  for_each = { a = 1, "b.c" = 2 }
  input    = each.value + var.size
  lifecycle {
    precondition {
      condition     = each.value < var.size
      error_message = "${each.key} is too big."
    }
    postcondition {
      condition     = self.input > 1
      error_message = "${each.key} is too small."
    }
  }
}
resource "terraform_data" "before" {
  input = var.size
  lifecycle {
    precondition {
      condition     = var.size != 7
      error_message = "Not seven."
    }
  }
}
resource "terraform_data" "none" {
  count = var.size - 3
  lifecycle {
    precondition {
      condition     = var.size != 8
      error_message = "Not eight."
    }
  }
}
resource "terraform_data" "without" {
  count = 2
}
module "m" {
  source   = "./m"
  for_each = { x = "1", y = terraform_data.before.id }
  name     = each.value
}
module "none" {
  source = "./m"
  count  = var.size - 3
  name   = "other"
}
output "known" {
  value = "v"
  precondition {
    condition     = length(terraform_data.before.id) > 3
    error_message = "short"
  }
}
check "several" {
  assert {
    condition     = var.size == 4
    error_message = "Size is ${var.size}."
  }
  assert {
    condition     = var.size == 3
    error_message = "Not three."
  }
  assert {
    condition     = terraform_data.without[0].id == "x"
    error_message = "The id is ${terraform_data.without[0].id == "" ? "empty" : "another"}."
  }
  assert {
    condition     = var.size == 5
    error_message = <<-EOT
      Not five,
        really.
    EOT
  }
}
