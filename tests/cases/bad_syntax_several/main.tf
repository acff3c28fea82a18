resource "terraform_data" "a" {
  input = "unclosed
}

resource "terraform_data" "b" {
  input = [1, 2
}

locals {
  x = 1 +
  y = 2
}
