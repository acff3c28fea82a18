variable "text" {
  type = string
}

resource "terraform_data" "it" {
  input = var.text
}

output "text" {
  value = terraform_data.it.output
}
