variable "colour" {
  type    = string
  default = "blue"
}

resource "terraform_data" "paint" {
  input = var.colour
}

resource "terraform_data" "wall" {
  count = 2
  input = "${terraform_data.paint.output} wall ${count.index}"
}

output "walls" {
  value = terraform_data.wall[*].output
}
