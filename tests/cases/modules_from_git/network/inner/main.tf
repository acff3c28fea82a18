variable "name" {}

resource "terraform_data" "text" {
  input = "${var.name}: ${trimspace(file("${path.module}/../text.txt"))}"
}

output "text" {
  value = terraform_data.text.output
}
