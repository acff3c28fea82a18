resource "random_pett" "b" {}

data "local_fil" "c" {}

resource "random_pet" "d" {
  length = "many"
  prefiks = "x"
}

resource "random_integer" "e" {
  min = 10
  max = 1
}

resource "local_file" "f" {
  content = "x"
}
