terraform {
  required_providers {
    local  = { source = "hashicorp/local" }
    random = { source = "hashicorp/random" }
  }
}

locals {
  # Paths are relative to the directory of the definition.
  directory = "../run/${terraform.workspace}"
  program   = "../bin/shop-server-${var.release}"

  # The services behind the front ends, with what is particular to the configuration file of each.
  services = {
    catalog = {
      port     = var.first_port
      settings = { product = [for id, product in var.products : "${id} | ${product.name} | ${product.cents}"] }
    }
    orders = {
      port = var.first_port + 1
      settings = {
        catalog    = ["127.0.0.1:${var.first_port}"]
        token_file = [local_sensitive_file.token.filename]
        journal    = ["${local_directory.run.path}/orders.journal"]
      }
    }
  }
}

# Configuration files, logs and the journal of orders; it goes with the environment.
resource "local_directory" "run" {
  path          = local.directory
  force_destroy = true
}

# What the front ends show to `orders`. Every environment has its own.
resource "random_password" "token" {
  length  = 32
  special = false
}

resource "local_sensitive_file" "token" {
  filename = "${local_directory.run.path}/orders.token"
  content  = random_password.token.result
}

module "service" {
  source   = "./service"
  for_each = local.services

  name      = each.key
  role      = each.key
  port      = each.value.port
  settings  = each.value.settings
  program   = local.program
  directory = local_directory.run.path
  triggers  = { token = sha256(random_password.token.result) }
}

module "web" {
  source = "./service"
  count  = var.front_ends

  name = "web-${count.index}"
  role = "web"
  port = var.first_port + 10 + count.index
  settings = {
    title      = ["${var.title} (${terraform.workspace})"]
    catalog    = [module.service["catalog"].address]
    orders     = [module.service["orders"].address]
    token_file = [local_sensitive_file.token.filename]
  }
  program   = local.program
  directory = local_directory.run.path
}
