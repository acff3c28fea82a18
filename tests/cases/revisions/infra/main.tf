variable "app_version" {
  type = string
}

variable "size" {
  type = number
}

resource "terraform_data" "app" {
  count = var.size
  input = "${file("page.html")} ${var.app_version}"
}

resource "local_file" "made" {
  filename = "made-in-${terraform.workspace}.txt"
  content  = var.app_version
}

output "version" {
  value = var.app_version
}
