environment   "test" {
variables = {a=1}
}
