output "first" {
  value = terraform_data.a[0].output
}
