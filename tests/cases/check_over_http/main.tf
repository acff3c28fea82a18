variable "port" {
  type = number
}

resource "local_process" "web" {
  command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", "site", tostring(var.port)]
  ready {
    tcp = "127.0.0.1:${var.port}"
  }
}

output "url" {
  value = "http://127.0.0.1:${var.port}"
}
