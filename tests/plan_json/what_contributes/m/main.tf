variable "x" {}
variable "y" {}
resource "terraform_data" "r" { input = [var.y, var.x] }
output "o" { value = var.y }
output "x" { value = var.x }
output "r" { value = terraform_data.r }
