resource "terraform_data" "a" {
  input = true
}
