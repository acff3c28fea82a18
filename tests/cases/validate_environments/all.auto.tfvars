names = "shared"
