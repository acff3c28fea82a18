variable "v" {
  default = 1
}

variable "w" {
  default = 1
}

resource "terraform_data" "destroyed_first" {
  triggers_replace = var.v
}

resource "terraform_data" "below" {
  triggers_replace = var.w
}

resource "terraform_data" "created_first" {
  triggers_replace = terraform_data.below.id

  lifecycle {
    create_before_destroy = true
  }
}
