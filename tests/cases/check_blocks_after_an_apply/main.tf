variable "v" {
  default = "a"
}

resource "terraform_data" "x" {
  input = var.v
}

check "known_later" {
  assert {
    condition     = terraform_data.x.output == "b"
    error_message = "x is ${terraform_data.x.output}"
  }
}

check "known_before" {
  assert {
    condition     = var.v == "b"
    error_message = "v is not b"
  }
}
