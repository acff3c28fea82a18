variable "word" {
  type      = string
  sensitive = true
}

output "phrase" {
  value     = "the word is ${var.word}"
  sensitive = true
}
