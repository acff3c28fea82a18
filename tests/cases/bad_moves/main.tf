resource "terraform_data" "old" {
  input = "orig"
}

resource "local_file" "note" {
  filename = "note.txt"
  content  = "x"
}
