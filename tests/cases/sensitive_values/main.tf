variable "password" {
  type      = string
  sensitive = true
}

variable "other" {
  default = 1
}

resource "terraform_data" "a" {
  triggers_replace = { user = "me", password = var.password, other = var.other }
}

resource "local_sensitive_file" "f" {
  filename = "f"
  content  = var.password
}

resource "random_password" "p" {
  length = 12
}

output "password" {
  value     = "${terraform_data.a.triggers_replace.password}!"
  sensitive = true
}
