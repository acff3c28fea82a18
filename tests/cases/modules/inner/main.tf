variable "text" {}

resource "terraform_data" "x" {
  input = var.text
}

output "text" {
  value = terraform_data.x.output
}
