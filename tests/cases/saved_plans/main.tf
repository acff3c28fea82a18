resource "terraform_data" "a" {
  input = "one"
}

output "o" {
  value = terraform_data.a.output
}
