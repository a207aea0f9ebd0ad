"""How the models of the policy checks are made. Nothing here runs when comments are checked."""
