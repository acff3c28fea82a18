variable "text" {
  type = string
}

resource "terraform_data" "app" {
  input = "${var.text}, one"
}

resource "terraform_data" "other" {
  input = terraform_data.app.input
}
