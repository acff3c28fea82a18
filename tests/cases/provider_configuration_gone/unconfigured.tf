provider "random" {
  alias = "other"
}

resource "random_uuid" "x" {
  provider = random.other
}
