"""Pages of levels of restriction."""
