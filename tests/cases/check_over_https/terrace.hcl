environment "test" {
  verify = [check.health]
}

check "health" {
  http   = "https://shop.example.invalid/health"
  within = "0s"
}
