resource "terraform_data" "customers" {
  input = "people"
}
