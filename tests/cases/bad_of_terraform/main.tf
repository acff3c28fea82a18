data "terraform_remote_state" "network" {
  backend = "local"
}

import {
  to = terraform_data.a
  id = "x"
}

resource "terraform_data" "a" {}
