"""The ground every slice stands on; knows no stage of the loop."""
