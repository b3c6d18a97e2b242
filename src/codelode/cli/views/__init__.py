"""Text for people: the output of each command unless JSON was asked for."""
