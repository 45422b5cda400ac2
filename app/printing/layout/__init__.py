"""Where things lie on paper: order of rooms, labels, drawings, QR codes."""
