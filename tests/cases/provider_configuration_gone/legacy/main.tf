terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}

provider "sim" {
  state_file = "c.json"
}

resource "sim_network" "c" {
  name = "in-c"
}
