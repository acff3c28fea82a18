output "o" {
  value = = 1
}

variable "v" {
