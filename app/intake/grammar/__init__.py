"""The grammar of a 接龙: lines → entries → goods with quantities; pure, bounded, deterministic."""
