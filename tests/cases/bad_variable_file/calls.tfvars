size = max(1, 2)
