variable "v" { default = 1 }
resource "terraform_data" "n1" { input = 1 }
resource "terraform_data" "n2" { input = 1 }
resource "terraform_data" "n3" { input = 1 }
resource "terraform_data" "n4" { input = 1 }
resource "terraform_data" "n5" { input = 1 }
resource "terraform_data" "n6" { input = 1 }
resource "terraform_data" "n7" { input = 1 }
resource "terraform_data" "mid" { 
  input = { k = terraform_data.n1.output, z = terraform_data.n2.output }
  triggers_replace = terraform_data.n3.output
}
resource "terraform_data" "mids" {
  count = 2
  input = { k = terraform_data.n4.output, i = count.index }
  triggers_replace = terraform_data.n5.output
}
resource "terraform_data" "deep" {
  input = terraform_data.mid.input
}
resource "terraform_data" "t1" { input = [var.v, terraform_data.mid.input.k] }
resource "terraform_data" "t2" { input = [var.v, terraform_data.mids[0].input.k] }
resource "terraform_data" "t3" { input = [var.v, terraform_data.mids] }
resource "terraform_data" "t4" { input = [var.v, terraform_data.mid.output.k] }
resource "terraform_data" "t5" { input = [var.v, terraform_data.deep.input] }
resource "terraform_data" "t6" { input = [var.v, module.m["a"].o, module.m["a"].r.input] }
resource "terraform_data" "t7" { input = [var.v, module.m] }
resource "terraform_data" "t8" { input = [var.v, local.l] }
resource "terraform_data" "t9" { input = [var.v, local.l.a.input] }
resource "terraform_data" "t10" { input = [var.v, local.obj.a] }
resource "terraform_data" "t11" { input = [var.v, terraform_data.mids[var.v - var.v].input] }
resource "terraform_data" "t12" { input = [var.v, terraform_data.mids[*].output] }
locals { 
  l = { a = terraform_data.n6 } 
  obj = { a = terraform_data.n6.output, b = terraform_data.n7.output }
}
module "m" {
  source = "./m"
  for_each = { a = terraform_data.n7.input, b = 1 }
  x = each.value
  y = terraform_data.n6.id
}
resource "terraform_data" "cnt2" {
  count = terraform_data.n3.input
  input = 1
}
resource "terraform_data" "t14" { input = [var.v, terraform_data.cnt2[0]] }
resource "terraform_data" "t15" { input = [var.v, terraform_data.cnt2[0].input] }
output "v" { value = var.v }
output "same" { value = 1 }
output "later" { value = terraform_data.t1.output }
output "kept" { value = terraform_data.n1.output }
output "partly" { value = [var.v, terraform_data.t1.output] }
