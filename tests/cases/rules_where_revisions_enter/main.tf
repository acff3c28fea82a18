variable "size" { type = number }

resource "terraform_data" "a" {
  input = var.size
}
