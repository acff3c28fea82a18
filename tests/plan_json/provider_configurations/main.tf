terraform { 
  required_providers { 
    terraform = { source = "terraform.io/builtin/terraform" }
    tf = { source = "terraform.io/builtin/terraform" }
  } 
}
provider "terraform" {}
provider "terraform" { 
  alias = "x" 
}
module "m" { 
  source = "./m" 
  providers = { 
   terraform = terraform.x 
   terraform.q = terraform
   }
}
module "plain" { source = "./plain" }
resource "terraform_data" "a" { provider = terraform.x }
resource "terraform_data" "b" { provider = tf }
resource "terraform_data" "c-d" { }
resource "terraform_data" "c" { 
  depends_on = [terraform_data.c-d, module.m, terraform_data.e["x"], module.m.o]
}
resource "terraform_data" "e" { for_each = { x = 1 } }
