"""The tables and pictures of what was measured, made of the JSON that `tiercel bench` wrote: `docs/figures`."""
