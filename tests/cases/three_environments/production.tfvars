size = 3
name = "real"
