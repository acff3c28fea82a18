variable "greeting" {}

variable "version_of_it" {}

variable "password" {
  sensitive = true
}

variable "token" {
  default   = ""
  ephemeral = true
}

resource "local_file" "greeting" {
  filename = "${terraform.workspace}.txt"
  content  = "${file("greeting.txt")}${var.greeting} ${var.version_of_it}\n"
}

resource "local_sensitive_file" "secret" {
  filename = "${terraform.workspace}.secret"
  content  = var.password
}
