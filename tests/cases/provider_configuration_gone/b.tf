provider "cloud" {
  alias      = "b"
  state_file = "b.json"
}

resource "sim_network" "b" {
  provider = cloud.b
  count    = 2
  name     = "in-b-${count.index}"
}
