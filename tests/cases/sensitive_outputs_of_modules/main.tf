module "pool" {
  source = "./pool"
  given  = "tiger"
}

module "user" {
  source = "./pool"
  given  = module.pool.secret
}

resource "terraform_data" "user" {
  input = module.pool.secret
}

# Terraform 1.11 takes these without `sensitive = true`, and shows them.
output "secret" {
  value = module.pool.secret
}

output "module" {
  value = module.user
}

output "is_sensitive" {
  value = issensitive(module.pool.secret)
}

output "shown" {
  value = nonsensitive(module.pool.secret)
}
