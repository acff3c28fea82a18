v = "old"
