variable "size" { default = 0 }
variable "kept" { default = 0 }
variable "later" { default = 0 }
variable "password" {
  sensitive = true
}

resource "terraform_data" "a" {
  input = [var.size, var.kept, var.later]
}

output "all" {
  value = terraform_data.a.output
}
