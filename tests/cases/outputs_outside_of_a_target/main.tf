variable "v" { 
  default = 1 
}
resource "terraform_data" "a" {
  input = var.v
}
resource "terraform_data" "b" {
  input = "b-${var.v}"
}
data "external" "now" {
  program = ["sh", "-c", "echo '{\"n\":\"'$(date +%s%N)'\"}'"]
}
output "a" { 
  value = terraform_data.a.output 
}
output "b" { 
  value = terraform_data.b.output 
}
output "both" {
  value = "${terraform_data.a.output}-${terraform_data.b.output}"
}
output "v" {
  value = var.v
}
output "n" {
  value = data.external.now.result.n
}
