variable "v" {
  default = 1
}

resource "terraform_data" "a" {
  triggers_replace = var.v

  lifecycle {
    prevent_destroy = true
  }
}
