resource "terraform_data" "a" {
  input = "x"
}

output "fixed" {
  value = "always the same"
  precondition {
    condition     = terraform_data.a.id == "never"
    error_message = "The id is not right."
  }
}
