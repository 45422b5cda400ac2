"""The print centre: what there is to print, the job that prints it, and the files."""
