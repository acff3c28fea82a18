variable "v" {
  default = "new"
}

resource "terraform_data" "a" {
  input = var.v
}

resource "terraform_data" "b" {
  input = var.v
}

resource "terraform_data" "c" {
  input = terraform_data.a.output
}

resource "terraform_data" "meant" {
  input = ["fixed", terraform_data.a.id]
}

output "of_a" {
  value = terraform_data.a.output
}

output "same" {
  value = terraform_data.a.id
}

output "both" {
  value = "${terraform_data.a.output}${terraform_data.b.output}"
}

output "late" {
  value = terraform_data.a.output
}
