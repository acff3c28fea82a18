variable "word" {
  type = string
}

resource "terraform_data" "a" {
  input = var.word
}
