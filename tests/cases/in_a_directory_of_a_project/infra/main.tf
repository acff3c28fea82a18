variable "word" {
  type = string
}

module "m" {
  source = "./modules/m"
  word   = var.word
}
