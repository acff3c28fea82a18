# A rehearsal in a simulated cloud that is slow, throttles, fails for a moment and has a quota. Nothing real is touched.
#
#   terrace apply                        the database needs three attempts; the fourth server is one too many
#   terrace apply -var servers=3         goes on from what exists
#   terrace plan -var servers=3 -var size=large

terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}

provider "sim" {
  state_file = "cloud.json" # the cloud; edit it to change something behind Terrace's back
  latency    = "150ms"
  seed       = 7

  throttle {
    rate  = 20
    burst = 5
  }
  failure {
    operation = "create"
    resource  = "sim_database"
    class     = "transient"
    calls     = [1, 2]
    message   = "the control plane is restarting"
  }
  failure {
    operation = "create"
    resource  = "sim_server"
    name      = "web-3"
    class     = "quota"
    message   = "no more than 3 servers"
  }
}

variable "servers" {
  description = "How many servers there are"
  type        = number
  default     = 4
}

variable "size" {
  description = "How large they are: a change is made in place, and changes the public addresses"
  type        = string
  default     = "small"
}

resource "sim_network" "main" {
  name = "main"
}

resource "sim_database" "orders" {
  name       = "orders"
  engine     = "postgres"
  version    = "16"
  network_id = sim_network.main.id
}

resource "sim_server" "web" {
  count      = var.servers
  name       = "web-${count.index}"
  image      = "debian-13"
  size       = var.size
  network_id = sim_network.main.id

  port {
    number = 443
  }
}

output "addresses" {
  value = sim_server.web[*].public_address
}
