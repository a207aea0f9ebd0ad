"""What the criteria about speech read by: names, sentences, word lists, threats, whereabouts, regulated goods."""
