variable "port" {
  type = number
}

resource "random_password" "token" {
  length  = 24
  special = false
}

resource "local_file" "server" {
  filename = "server.py"
  content  = <<-PYTHON
    import http.server, sys
    class Sorry(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503)
            self.end_headers()
            self.wfile.write(b"no database\ntoken ${random_password.token.result} refused\n")
        def log_message(self, *words): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Sorry).serve_forever()
  PYTHON
}

resource "local_process" "server" {
  command = ["python3", "server.py", tostring(var.port)]
  ready {
    tcp    = "127.0.0.1:${var.port}"
    within = "10s"
  }
  depends_on = [local_file.server]
}

output "port" {
  value = var.port
}

output "token" {
  value     = random_password.token.result
  sensitive = true
}
