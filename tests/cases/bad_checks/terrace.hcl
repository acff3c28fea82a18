environment "test" {
  verify = [check.health, check.ordrs]
}

check "health" {
  http = "${output.urll}/health"
  pass = response.stauts == 200
}

check "orders" {
  command = ["./smoke.sh", var.url]
  pass    = respons.status == 0 && environment.nmae == "test"
}

check "early" {
  tcp = "${response.ok}:80"
}

check "types" {
  http = output.zones
  pass = uper(response.body)
}
