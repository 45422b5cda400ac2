"""Where WeasyPrint is made faster without another result; each can be switched off."""
