resource "terraform_data" "a" {
  input = terraform.workspace
}

output "word" {
  value = terraform_data.a.output
}
