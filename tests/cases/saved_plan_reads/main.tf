resource "terraform_data" "a" {
  input = templatefile("t.tftpl", { name = "world" })
}
