"""Worker processes for rendering, with limits on time and memory."""
