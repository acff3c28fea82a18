# What staging has.
permission = "0750" # for now
