"""The register as its editors see it: compounds, gates, service points, levels of restriction."""
