variable "port" {
  type = number
}

resource "terraform_data" "app" {
  input = var.port
}
