output "numbers" {
  value = {
    power    = pow(2, 62)
    bits     = pow(2, 53) + 1
    beyond   = 123456789012345678901234567890
    large    = 1e30
    fraction = 0.1
    third    = 1 / 3 > 0.3
    negative = -pow(2, 62)
    nothing  = -0
  }
}

output "text" {
  value = jsonencode([pow(2, 62), 4611686018427387904, 1e30, 0.1])
}
