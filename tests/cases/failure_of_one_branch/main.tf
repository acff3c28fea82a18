resource "local_file" "fails" {
  filename = "/dev/null/blocked.txt"
  content  = "x"
}

resource "terraform_data" "after" {
  input = local_file.fails.id
}

resource "terraform_data" "independent" {
  input = 1
}
