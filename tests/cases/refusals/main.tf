terraform {
  required_providers {
    sim = { source = "terrace/sim" }
  }
}

provider "sim" {
  state_file = "cloud.json"

  failure {
    operation = "create"
    class     = "transient"
    message   = "the control plane is restarting"
    calls     = [1, 2]
  }
  failure {
    operation = "create"
    class     = "quota"
    message   = "no more networks"
  }
}

resource "sim_network" "main" {
  name = "main"
}
