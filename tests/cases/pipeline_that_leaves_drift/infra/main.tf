variable "text" {
  type = string
}

resource "local_file" "note" {
  filename = "${path.module}/note-${terraform.workspace}"
  content  = var.text
}
