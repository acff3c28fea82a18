resource "local_file" "note" {
  filename = "${terraform.workspace}.txt"
  content  = "hello\n"
}
