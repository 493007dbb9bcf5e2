"""Programs that judge what ships. Nothing is learned here."""
