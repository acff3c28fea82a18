variable "name" {
  type    = string
  default = "plain"
}

variable "token" {
  type      = string
  default   = ""
  sensitive = true
}

resource "terraform_data" "a" {
  input = "this is a long text that says a lot before it comes to its point, which is ${var.name}, and then it goes on"
}

resource "local_command" "b" {
  create = "test '${var.name}' = plain"
}
