resource "terraform_data" "counted" {
  count = 5
}

resource "terraform_data" "one" {}

module "service" {
  source   = "./service"
  for_each = toset(["blue", "green"])
}
