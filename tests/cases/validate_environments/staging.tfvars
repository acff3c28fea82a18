names = [1, {}]
