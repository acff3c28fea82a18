resource "terraform_data" "made" {
  input = "x"
}
module "first" {
  source   = "./m"
  for_each = { a = { id = terraform_data.made.output }, b = { id = "known" } }
  given    = each.value.id
}
module "second" {
  source   = "./m"
  for_each = module.first
  given    = each.value.given
}
resource "terraform_data" "all" {
  for_each = module.second
  input    = "${each.key} ${each.value.given}"
}
resource "terraform_data" "counted" {
  for_each = { for key, all in terraform_data.all : key => all.output }
  input    = each.value
}
output "all" {
  value = { for key, counted in terraform_data.counted : key => counted.output }
}
