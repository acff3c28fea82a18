terraform {
  required_providers {
    cloud  = { source = "terrace/sim" }
    random = { source = "hashicorp/random" }
  }
}

provider "cloud" {
  state_file = "a.json"
}

resource "sim_network" "a" {
  provider = cloud
  name     = "in-a"
}

module "legacy" {
  source = "./legacy"
}
