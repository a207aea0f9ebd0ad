"""What the criteria about trade and campaigning read by: links, words of trade, the model, pairs of sides."""
