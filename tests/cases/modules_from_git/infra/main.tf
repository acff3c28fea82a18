module "whole" {
  source = "git::https://git.example.com/network.git"
  name   = terraform.workspace
}

module "tagged" {
  source = "git::https://git.example.com/network.git//inner?ref=v1"
  name   = "tagged"
}

output "whole" {
  value = module.whole.text
}

output "tagged" {
  value = module.tagged.text
}
