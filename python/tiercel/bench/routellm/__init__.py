"""What the classifier's `p_cheap` is worth as a router between two models, on RouteLLM's public results."""
