module "site" {
  source = "./module"
}

output "seen" {
  value = module.site.seen
}
