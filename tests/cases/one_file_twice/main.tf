resource "local_file" "a" {
  filename = "made/file"
  content  = "the same"
}

resource "local_file" "b" {
  filename = "made/../made/file"
  content  = "the same"
}
