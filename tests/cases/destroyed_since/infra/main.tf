variable "text" {
  type = string
}

resource "terraform_data" "app" {
  input = var.text
}

output "app" {
  value = terraform_data.app.output
}
