replicas = 3
zones    = [{ name = "a", weight = "heavy" }]
