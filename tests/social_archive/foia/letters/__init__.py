"""Letters: what they say, what they owe, how they are set, and how they become an answer."""
