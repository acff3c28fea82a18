# A network on paper: addresses for every zone of every region, and a page that lists them. Everything here is plain
# Terraform language.

terraform {
  required_providers {
    local  = { source = "hashicorp/local" }
    random = { source = "hashicorp/random" }
  }
}

variable "regions" {
  description = "The address block and the zones of each region"
  type = map(object({
    cidr  = string
    zones = optional(list(string), ["a", "b"])
  }))
  default = {
    dublin = { cidr = "10.0.0.0/16", zones = ["a", "b", "c"] }
    oslo   = { cidr = "10.1.0.0/16" }
  }

  validation {
    condition     = alltrue([for region in values(var.regions) : can(cidrhost(region.cidr, 0))])
    error_message = "A region's cidr must be an address block such as 10.0.0.0/16."
  }
}

module "network" {
  source   = "./network"
  for_each = var.regions

  name  = each.key
  cidr  = each.value.cidr
  zones = each.value.zones
}

# A probe for each region; it gets another name when the region's addresses change.
resource "random_pet" "probe" {
  count  = length(var.regions)
  length = 2
  keepers = {
    cidr = values(var.regions)[count.index].cidr
  }
}

resource "local_file" "page" {
  filename        = "${path.module}/out/network.md"
  file_permission = "0644"
  content = templatefile("${path.module}/network.md.tftpl", {
    networks = module.network
    probes   = random_pet.probe[*].id
  })
}

output "subnets" {
  value = { for name, network in module.network : name => network.subnets }
}

output "page" {
  value = local_file.page.filename
}
