variable "place" {
  type = string
}

resource "local_file" "note" {
  filename = "${var.place}/note.txt"
  content  = "of ${terraform.workspace}"
}
