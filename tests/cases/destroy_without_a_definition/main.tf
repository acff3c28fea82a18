resource "terraform_data" "a" {}

resource "local_file" "b" {
  filename   = "b.txt"
  content    = "kept"
  depends_on = [terraform_data.a]
}
