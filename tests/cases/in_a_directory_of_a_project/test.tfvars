word = "test"
