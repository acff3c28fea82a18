variable "name" {
  validation {
    condition     = length(var.name) > 0
    error_message = "Empty."
  }
}
resource "terraform_data" "inner" {
  count = 2
  input = var.name
  lifecycle {
    postcondition {
      condition     = self.input != "never"
      error_message = "Never."
    }
  }
}
output "name" {
  value = var.name
  precondition {
    condition     = terraform_data.inner[0].input != "2"
    error_message = "Two."
  }
}
check "inside" {
  assert {
    condition     = var.name == "z"
    error_message = "Not z, but ${length(var.name)} long."
  }
}
