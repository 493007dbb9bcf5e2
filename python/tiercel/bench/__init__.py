"""What judges what ships: the gateway's decisions in a simulated month, the cache's pair by pair."""
