size  = 1
sizes = 2
