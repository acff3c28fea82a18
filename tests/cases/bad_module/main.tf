module "absent" {
  source = "./absent"
}

module "empty" {
  source = "./empty"
}

module "registry" {
  source = "example/network/cloud"
}

module "arguments" {
  source = "./m"
  sizes  = 1
}

module "no_source" {}
