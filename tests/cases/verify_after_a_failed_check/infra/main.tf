variable "text" {
  type = string
}

resource "local_file" "note" {
  filename = "../${terraform.workspace}.txt"
  content  = var.text
}
