terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}

variable "operation" {
  type    = string
  default = "create"
}

variable "after" {
  type    = string
  default = "nothing"
}

variable "fault" {
  type    = string
  default = "panic"
}

variable "size" {
  type    = string
  default = "small"
}

provider "sim" {
  state_file = "cloud.json"

  failure {
    operation = var.operation
    name      = "web"
    fault     = var.fault
    after     = var.after
    message   = "the script wants a panic"
  }
}

resource "sim_network" "other" {
  name = "other"
}

resource "sim_server" "web" {
  name  = "web"
  image = "debian-13"
  size  = var.size
}

resource "sim_volume" "data" {
  name      = "data"
  size_gb   = 1
  server_id = sim_server.web.id
}
