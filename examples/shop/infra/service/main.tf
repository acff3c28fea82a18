# One server: its configuration file and its process.

terraform {
  required_providers {
    local = { source = "hashicorp/local" }
  }
}

locals {
  address = "127.0.0.1:${var.port}"
}

resource "local_file" "configuration" {
  filename = "${var.directory}/${var.name}.conf"
  content = templatefile("${path.module}/server.conf.tftpl", {
    name     = var.name
    role     = var.role
    address  = local.address
    settings = var.settings
  })
}

resource "local_process" "server" {
  command = [var.program, local_file.configuration.filename]
  stderr  = "${var.directory}/${var.name}.log"

  # A new configuration or a new token starts it anew, as another program does.
  triggers = merge(var.triggers, {
    configuration = local_file.configuration.content_sha256
  })

  ready {
    http   = "http://${local.address}/health"
    within = "10s"
  }
  stop {
    grace = "2s"
  }
}

output "address" {
  description = "Where it listens; known when it does"
  value       = local.address
  depends_on  = [local_process.server]
}
