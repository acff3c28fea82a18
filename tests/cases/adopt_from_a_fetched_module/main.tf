module "network" {
  source     = "git::https://git.example.com/network.git"
  permission = "0750"
}
