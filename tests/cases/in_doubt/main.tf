terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}

provider "sim" {
  state_file = "cloud.json"
  markers    = false

  failure {
    operation = "create"
    name      = "web"
    class     = "permanent"
    after     = "done"
    message   = "the answer was lost"
  }
}

resource "sim_network" "main" {
  name = "main"
}

resource "sim_server" "web" {
  name  = "web"
  image = "debian-13"

  depends_on = [sim_network.main]
}
