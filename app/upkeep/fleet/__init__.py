"""An installation of many processes: which there are, and all of them on one machine to try it."""
