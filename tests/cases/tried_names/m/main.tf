output "yes" {
  value = "yes"
}
