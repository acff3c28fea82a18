variable "size" {
  type = number
}

variable "token" {
  type      = string
  sensitive = true
}

variable "only_test" {
  type    = string
  default = ""
}

resource "terraform_data" "web" {
  count = var.size
  input = <<-EOT
    role = web
    size = ${var.size}
    end
  EOT
}

resource "terraform_data" "login" {
  input = var.token
}

output "size" {
  value = var.size
}

output "token" {
  value     = var.token
  sensitive = true
}
