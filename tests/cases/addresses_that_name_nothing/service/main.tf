resource "terraform_data" "inside" {
  for_each = toset(["x"])
}
