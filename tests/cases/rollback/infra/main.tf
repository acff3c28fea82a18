variable "text" {
  type = string
}

variable "token" {
  type      = string
  sensitive = true
}

resource "terraform_data" "app" {
  input = "${var.text} one"
}

resource "terraform_data" "orders" {
  input = var.token
}
