variable "boom" {
  default = true
}

variable "secret" {
  default   = "correct-horse"
  sensitive = true
}

resource "terraform_data" "x" {
  input = "yo"

  lifecycle {
    precondition {
      condition     = !var.boom && length(var.secret) > 3
      error_message = "it goes boom"
    }

    postcondition {
      condition     = self.output == "no"
      error_message = "x does not say no"
    }
  }
}
