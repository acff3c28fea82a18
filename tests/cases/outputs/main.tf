output "text" {
  value = "a \"quoted\" text"
}

output "lines" {
  value = "one\ntwo\n"
}

output "number" {
  value = 12345678901234567890.5
}

output "list" {
  value = ["a", 1, true, null]
}

output "map" {
  value = { b = 1, a = [2] }
}

output "secret" {
  value     = "hunter2"
  sensitive = true
}
