variable "size" {
  type    = number
  default = 2
  validation {
    condition     = var.size < 9
    error_message = "Too big."
  }
}

resource "terraform_data" "a" {
  input = var.size
  lifecycle {
    precondition {
      condition     = var.size != 3
      error_message = "Not three."
    }
    postcondition {
      condition     = self.input != 4
      error_message = "Not four."
    }
  }
}

output "size" {
  value = var.size
  precondition {
    condition     = var.size != 5
    error_message = "Not five."
  }
}

check "two" {
  assert {
    condition     = var.size == 2
    error_message = "It is not two."
  }
}
