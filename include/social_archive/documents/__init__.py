"""Documents for people: Typst templates beside their writers. Data goes in as data, never as markup."""
