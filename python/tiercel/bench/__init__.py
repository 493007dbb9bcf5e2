"""What the gateway's decisions are worth, simulated: `tiercel bench routing`."""
