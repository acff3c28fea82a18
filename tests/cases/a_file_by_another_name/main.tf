resource "local_file" "a" {
  filename = "same.txt"
  content  = "keep me\n"
}
