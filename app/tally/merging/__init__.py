"""Two households of the register that are one family, made one."""
