size = [1,
