module "absent" {
  source = "./absent"
}

module "empty" {
  source = "./empty"
}

module "registry" {
  source = "network"
}

module "arguments" {
  source = "./m"
  sizes  = 1
}

module "no_source" {}

module "versioned" {
  source  = "./empty"
  version = "1.0"
}

module "elsewhere" {
  source = "s3::https://s3.amazonaws.com/bucket/network.zip"
}

module "nothing" {
  source = "ftp://anna:secret@127.0.0.1/network.zip"
}

module "constraint" {
  source  = "example/network/cloud"
  version = "newest"
}
