variable "word" {
  type    = string
  default = "x"
}
resource "terraform_data" "a" {
  input = var.word
}
