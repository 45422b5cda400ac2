Route #1: 1 2 0 3 4 0 5 6 0 7
Cost 3231
Optimal: True
