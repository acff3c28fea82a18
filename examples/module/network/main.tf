variable "name" {
  type = string
}

variable "cidr" {
  type = string
}

variable "zones" {
  type = list(string)
}

resource "terraform_data" "subnet" {
  for_each = { for index, zone in var.zones : zone => index }

  input = {
    name = "${var.name}-${each.key}"
    cidr = cidrsubnet(var.cidr, 8, each.value)
  }

  lifecycle {
    precondition {
      condition     = each.value < 256
      error_message = "A region has room for 256 zones."
    }
  }
}

output "cidr" {
  value = var.cidr
}

output "subnets" {
  value = { for zone, subnet in terraform_data.subnet : zone => subnet.output.cidr }
}
