output "url" {
  description = "The shop"
  value       = "http://${module.web[0].address}"
}

output "addresses" {
  description = "Where every server listens"
  value = merge(
    { for name, service in module.service : name => service.address },
    { for index, web in module.web : "web-${index}" => web.address },
  )
}

output "token" {
  description = "What the front ends show to `orders`"
  value       = random_password.token.result
  sensitive   = true
}
