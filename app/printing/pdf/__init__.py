"""From HTML to PDF, and PDF files joined and stamped."""
