variable "v" {
  default = "a"
}

resource "terraform_data" "base" {
  triggers_replace = var.v
}

resource "terraform_data" "named" {
  input = terraform_data.base.id
}

resource "terraform_data" "first" {
  triggers_replace = terraform_data.base.id

  lifecycle {
    create_before_destroy = true
  }
}
