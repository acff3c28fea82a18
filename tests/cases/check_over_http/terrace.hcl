environment "test" {
  verify = [check.health]
}

check "health" {
  http   = "${output.url}/health"
  pass   = response.status == 200
  every  = "20ms"
  within = "20s"
}
