terraform { 
  required_providers { 
    terraform = { 
    source = "terraform.io/builtin/terraform"
    configuration_aliases = [terraform.q]
    }
  } 
}
resource "terraform_data" "a" {  }
resource "terraform_data" "b" { provider = terraform.q }
output "o" { value = 1 }
module "n" { source = "./n" }
