module "whole" {
  source = "git::REPOSITORY"
  name   = terraform.workspace
}

module "tagged" {
  source = "git::REPOSITORY//inner?ref=v1"
  name   = "tagged"
}

output "whole" {
  value = module.whole.text
}

output "tagged" {
  value = module.tagged.text
}
