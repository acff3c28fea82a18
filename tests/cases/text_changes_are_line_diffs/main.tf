resource "terraform_data" "script" {
  input = <<-EOT
    #!/bin/sh
    apt-get update
    apt-get install nginx
    systemctl start nginx
  EOT
}

resource "terraform_data" "json" {
  input = jsonencode({ name = "shop", replicas = 1, ports = [80, 443] })
}
