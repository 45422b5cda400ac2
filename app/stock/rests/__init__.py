"""How long goods rest after disinfection."""
