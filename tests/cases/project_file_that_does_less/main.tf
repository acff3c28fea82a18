resource "terraform_data" "app" {
  count = 1
}
