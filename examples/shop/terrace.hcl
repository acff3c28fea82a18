# One definition, three environments. They share nothing but this file and infra/.

definition = "infra"

# What is built once runs everywhere: `build` writes it into bin/release.
input "release" {
  description = "The build of the server"
}

environment "test" {
  variables = { first_port = 18410, front_ends = 1 }
  verify    = [check.health]
}

environment "staging" {
  after     = ["test"]
  variables = { first_port = 18430, front_ends = 2 }
  verify    = [check.health, check.quote]
}

environment "production" {
  after     = ["staging"]
  variables = { first_port = 18450, front_ends = 3, title = "The tea shop" }
  verify    = [check.health, check.quote]
}

# The front end answers, and the services behind it do.
check "health" {
  http   = "${output.url}/health"
  pass   = response.status == 200
  every  = "200ms"
  within = "20s"
}

# The three services work together: the price comes from the catalog, through orders.
check "quote" {
  http   = "${output.url}/quote?product=oolong&quantity=2"
  pass   = jsondecode(response.body).cents == 1780
  every  = "200ms"
  within = "20s"
}
