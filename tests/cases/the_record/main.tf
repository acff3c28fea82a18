resource "terraform_data" "each" {
  for_each = toset(["b", "a"])
  input    = { key = each.key, list = [1, 2] }
}

module "m" {
  source = "./m"
}

output "id" {
  value = terraform_data.each["a"].output.key
}
