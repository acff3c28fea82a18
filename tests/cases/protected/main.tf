terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}

provider "sim" {
  state_file = "cloud-${terraform.workspace}.json"
}

module "data" {
  source = "./data"
}

resource "terraform_data" "key" {
  for_each         = toset(["main", "spare"])
  triggers_replace = "one"
}

resource "sim_network" "all" {
  name = "all"
  cidr = "10.0.0.0/16"
}

resource "sim_database" "orders" {
  name   = "orders"
  engine = "postgres"
}
