"""What households wrote beside their goods, sorted, and dealt with by the leader."""
