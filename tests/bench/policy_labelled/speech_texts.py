"""The texts and frames of `speech.py`: for each criterion what it is meant to show, and what it should leave alone."""

from __future__ import annotations

from typing import Final

Texts = tuple[list[str], list[str]]

WRITTEN: Final[dict[str, Texts]] = {
    "obscene": (
        [
            "Are you fucking kidding me with these hours", "Holy shit the new wing is gorgeous", "This parking lot is a clusterfuck",
            "I'm so pissed about the fines", "Whoever designed the app can go fuck themselves", "bunch of assholes at the front desk",
            "Who the f**k approved this carpet", "such bs, total bullsh!t", "get your sh*t together", "F U C K this noise",
            "shitty wifi again", "that's some horseshit", "phuck off", "lmao what a dumb fuck", "no one gives a shit about your levy",
            "suck my dick library", "send nudes", "fuuuuuck yeah storytime is back", "what the actual F*CK", "wtf is going on with the website",
            "what a load of bollocks", "sh1tshow of a meeting", "the board can kiss my ass, motherfuckers", "que mierda de horario",
            "what a fcking joke", "a$$hole parked across two spots", "shut the f up", "this is crap, go to hell",
        ],
        [
            "The assistant passed the class assessment", "Penistone is a town in Yorkshire", "The Dick and Jane readers are back on display",
            "Moby-Dick discussion tonight", "A cockatoo visited the children's room", "My shih tzu loves the garden", "Shitake... sorry, shiitake recipes",
            "We saw a titmouse and two blue tits", "Essex, Sussex and Middlesex maps", "The analyst's analysis", "Sextant exhibit on Saturday",
            "Uranus is visible tonight", "Titus Andronicus is bloody", "Bass fishing 101", "Our cocker spaniel ate my book", "Pussywillow Press published it",
            "The director is a clueless idiot", "I hate this stupid policy", "Breast cancer screening van on Friday", "Sex education section is too small",
            "Hell yes the library is open", "Damn good coffee", "Banned books about sex belong on the shelf", "Hoare, Wank? no: Frank", "Dickinson poems",
            "My class got a B**", "He yelled @#%! and left", "Fukuoka sister city night", "Fagus sylvatica is a beech", "Cumberland county",
        ],
    ),
    "defamatory": (
        [
            "Gary Mills has been skimming money from the friends fund for years", "Treasurer Ruth Vogel pocketed the raffle money",
            "Everybody knows Paul Ortiz is a child molester", "@villagepres took kickbacks from the paving company",
            "Dana Cole was arrested for dealing meth", "Priya Nair forged my signature on the form", "Coach Barnes sleeps with students",
            "Lena Fox stole from the cash drawer", "It was Omar Haddad who stole the laptops", "Mark Riggs beats his wife",
            "The donations were embezzled by Joan Petty", "Officer Dunn planted evidence on my cousin", "Eve Marsh is a con artist",
            "Trustee Hale bribed the inspector", "Dr. Voss falsified the test results", "Kim Tran is a thief", "Director Sloan lied under oath about the budget",
            "Tony Marsh runs the front desk. He has been stealing from patrons", "Rob Keene committed insurance fraud", "Ms. Adler shows up drunk at work",
            "Luis Vega killed a man and got away with it", "Nora Finch is running a prostitution ring", "Greg Stone cooked the books",
            "Hanna Berg plagiarized her whole report", "Carl Nye set fire to his own shop for the insurance",
        ],
        [
            "Gary Mills is the worst president we ever had", "Ruth Vogel should be ashamed of herself", "Paul Ortiz lied about the hours", "I can't stand Dana Cole",
            "Did Priya Nair really forge it?", "If Coach Barnes stole anything, show me proof", "Lena Fox stole the show at karaoke", "Omar Haddad murdered that solo, wow",
            "Somebody stole my umbrella from the lobby", "The board robbed us of our Sundays", "Hercule Poirot caught the murderer in the novel",
            "Who stole the cookies from the cookie jar?", "Mark Riggs is a clown and a coward", "Eve Marsh never took a bribe", "Trustee Hale wasted our money",
            "Book thieves wanted: join The Book Thief discussion", "Jean Valjean stole bread", "Robin Hood robbed the rich", "Identity Theft Workshop on Monday",
            "Kim Tran killed it at open mic", "Director Sloan is overpaid and lazy", "New York stole our best librarian", "Ms. Adler accused the board of lying",
            "Greg Stone is a disgrace to his office", "Crime and Punishment is a great read",
        ],
    ),
    "invades-privacy": (
        [
            "Did you hear Molly Burke is bipolar, she told my cousin", "Tom Reyes is on antidepressants", "Jill Conway has herpes lol",
            "@kevin_w got evicted last month", "Councilman Pratt cheats on his wife with the clerk", "Ana Flores is undocumented, someone call ICE",
            "Her daughter is pregnant at 15", "Steve Hong's brother is in rehab again", "Wendy Blake had a miscarriage, poor thing", "Raj Patel filed for bankruptcy twice",
            "Nate Cole is gay but he hides it from his parents", "Page Turner from circulation tested positive for HIV", "Your kid is autistic and you can't handle it",
            "Mrs. Olsen has dementia and shouldn't drive", "Pete Lund lives on food stamps", "Gina Rossi tried to kill herself last year",
            "I have naked pictures of her and I will share them", "Meet Lou Katz from reference. She has a drinking problem.", "Ian Frost owes $9,000 in child support",
            "Tara Quinn was adopted and doesn't know it", "Beth Young is an alcoholic", "Doug Hale is dying of cancer, that's why he resigned",
        ],
        [
            "I'm bipolar and the quiet room helps me so much", "My dad has dementia, thanks for the home delivery", "Health fair: free HIV tests on Friday",
            "Is Molly Burke sick? Hope she's well", "Book talk: living with cancer", "Tom Reyes is a great pianist", "She is in the reading room", "The county went bankrupt in the 90s",
            "Oscar Wilde was gay and went to prison for it - great biography", "Virginia Beach has cancer specialists", "Jill Conway is expecting a package", "Autism acceptance month display is lovely",
            "we need more books on addiction", "Pride month: thank you", "My neighbor is a nurse", "Immigrants make this town great", "Mental health first aid class", "Food stamps office moved to Main Street",
            "Councilman Pratt is against the levy", "Gina Rossi has a new novel", "I was adopted and found my family through your genealogy room", "Naked mole rats at the zoo",
        ],
    ),
    "unlawful": (
        [
            "I'm going to come down there and shoot every one of you", "Next time I see that librarian I will stab her", "gonna burn that place down tonight",
            "there's a bomb in your building, you have one hour", "We know where your children go to school, Linda", "Somebody ought to shoot that woman",
            "You're a dead man, Frank", "I will find you and kill you", "Ill beat the crap out of him when he leaves work", "He lives at 1180 Birch Lane, go say hi",
            "Here's her home address: 22 Elm Ct", "DM for oxys and percs, good prices", "fake IDs, any state, $80, text 331-555-0177", "selling a ghost gun, no questions asked, hmu",
            "I'm bringing my rifle to the board meeting", "watch your back, trustee", "they deserve to be hanged", "I'd love to put a bullet in his head", "we're coming for you with guns",
            "I will rape you", "I'm going to blow up city hall", "Weed for sale, cash app only", "I'm gonna run over those protesters", "Her cell is 630-555-0119, make her life hell",
            "Ghost guns in stock, telegram @gg", "you people will pay with your blood", "I planted explosives in the restroom",
        ],
        [
            "This heat is killing me", "I'd kill for a Sunday opening", "Shoot, I missed storytime", "My son will be bummed", "the new cafe is the bomb", "Photo shoot in the atrium at noon",
            "I'm going to murder a burger after this", "we will fight this levy to the end", "I'll burn a CD for you", "You slay, librarians!", "We will crush the opposition at trivia",
            "Stephen King killed off my favorite character", "Bomb cyclone closes the library", "The shooting stars program is on", "The play bombed", "I know where the library is", "Where do you live?",
            "Our address is 428 North Cass Avenue", "Gun safety class Tuesday, call 630-555-0100", "Weed the garden volunteers needed, $5 lunch", "The war on drugs: a lecture", "I am going to hang out with the staff",
            "We'll vote them out", "This will be the death of the library", "Drop dead gorgeous mural", "I will hit the books", "I will beat my record in summer reading", "let's roast the director at the gala",
            "She works at the library on Cass", "He lives on in our hearts", "Order your pistol-grip hose nozzle, $12", "They should be fired", "I'm gonna kill it at the spelling bee", "I will hunt down that book",
        ],
    ),
    "patron-privacy": (
        [
            "Hi Carla! Your copy of Dune came in this morning.", "@sam your interlibrary loan is here", "Looks like you still have two DVDs out", "Your card is blocked because of fines",
            "You returned that one last Tuesday, so you're all set", "We have you down for The Martian, you're third in line", "Your account shows a lost book", "Hi Ben, you owe $12.40 on your account",
            "Mrs. Diaz, your reserved book has arrived", "Your library card number is on file as 2 1234", "The titles you requested are on the hold shelf", "Yes, you have 4 items checked out",
            "Your books are overdue", "Your e-mail on file is old, please update it", "Tim Walsh has three books overdue", "Your renewal went through, new due date is the 5th", "I checked your record and you were charged for a lost DVD",
            "You're registered at the Main Street branch", "Good news, your hold just arrived", "Your fine has been waived",
        ],
        [
            "Your hold will be e-mailed to you when it arrives", "Have you checked out our podcast?", "You can renew your books online", "Cards expire every three years", "Sorry to hear that! Please message us with your question.",
            "Check out a telescope with your card", "Placing holds is easy in the app", "If your account is blocked, call the desk", "We are fine free!", "Books are due in three weeks", "Your library loves you",
            "Your story matters", "Come get your library card", "We can't discuss accounts here, please call 630-555-0100", "The book you have been waiting for is finally published!", "You have until Friday to register for camp",
            "Ready for your next read?", "Hold the date!", "Returned books are quarantined", "Your comments are welcome", "Margaret Poe's new book is available", "Thank you for your kind words about the staff",
        ],
    ),
    "own-campaigning": (
        [
            "Your library needs you: vote YES on April 1!", "A vote for the bond is a vote for kids - vote yes", "Tell your neighbors to vote no on Prop 2", "Support the library referendum this Tuesday",
            "Help us pass the levy", "Elect Rosa Lind to the library board", "Don't be fooled, reject the tax cap amendment", "Please re-elect Trustee Moore", "Vote for Moore and Lind for library trustee",
            "We urge residents to approve the referendum", "Say no to the levy", "Keep our library open. Vote yes!", "Vote Democrat this fall", "Vote out the incumbents", "Let's all get out and defeat the referendum",
            "The library endorses Rosa Lind for mayor", "Stand with your library - YES on the referendum", "Bring a friend and vote against the tax hike",
        ],
        [
            "Polls are open until 7 pm in the community room", "Here is the wording of the referendum question", "If the referendum passes, the levy rises by $30 a year", "If it fails, hours stay as they are",
            "Vote for the name of our new robot", "Vote for your favorite gingerbread house", "What would a no vote mean? Read the fact sheet", "Candidate forum on Thursday with the League of Women Voters", "Register to vote at the desk",
            "Thanks to all who voted", "The referendum was approved by 54 percent", "The board voted yes on the new roof", "Support your local authors", "Pass the popcorn: movie night", "Trustees voted against the proposal last night", "Elect to go paperless",
            "Back our summer reading program", "Vote early in the lobby from 9 to 5", "Help us stop the spread of germs", "The levy hearing is on Monday",
        ],
    ),
    "foia-request": (
        [
            "This is a FOIA for all e-mails from the director about the mural", "I'm formally requesting the police report from Saturday under the Freedom of Information Act", "Under 5 ILCS 140/3 I want copies of the roofing bids",
            "Please treat this message as a public records request for board member expense reports", "I request a copy of the contract with the security company", "Send me the payroll records for 2025", "Requesting all correspondence between the mayor and the library board",
            "I'd like copies of every invoice from the architect", "Can you e-mail me the minutes of the closed meeting?", "I want to see the director's employment contract", "provide me with the salary of each employee",
            "how much did the carpet cost? I want the invoices", "Please forward all complaints received about story hour since January", "FOIA: camera footage of the parking lot 3/12", "I would like to inspect the financial records", "Need the incident reports from last summer please",
            "Sunshine request for the vendor list", "I am asking for the e-mails between trustee Hale and the vendor", "Give us the receipts for the gala", "We demand access to the audit report",
        ],
        [
            "Can I get a copy of the summer reading list?", "I want the new Grisham, please put me on the list", "FOIA is a great law", "Our newspaper won its FOIA lawsuit", "Vinyl records sale on Saturday", "Please send me a library card application",
            "How do I get records of my family from Ellis Island?", "I requested a book last week", "Where can I copy documents?", "I need a report on whales for school", "Can you send me the link to the zoom?", "Budget cuts are awful", "I'd like to see more contracts with local artists",
            "Can I see the calendar for March?", "Need help printing emails", "When do you post the minutes?", "Show me the receipts, lol", "The public records act was amended", "Freedom of information matters more than ever", "Please give the staff a raise", "Request a study room online",
            "World record attempt on Saturday", "Can I have access to the database from home?",
        ],
    ),
}  # fmt: skip

HARMLESS_FRAMES: Final = [
    "{name} gave a lovely talk about {title}", "{role} {surname} is the best thing that happened to {place}", "{role} {surname} is a disaster and should resign",
    "I grew up in {place} and live on {street} now", "Thank you {first} for your help with the {job} books", "The {company} workshop in {month} was dull",
    "My kids love {title} and so do I", "{name} wasted ${amount} of our money on {title}", "Parking in {place} costs ${amount}, what a joke", "When does {title} start in {month}?",
    "I read {title} by {name} twice", "Shame on the board and on {name}",
]  # fmt: skip

FRAMES: Final[dict[str, Texts]] = {
    "obscene": (
        ["{place} is a shithole", "the {month} hours are fucking stupid", "what a load of bullshit from {company}", "{first} is an asshole", "sh1t service in {month}", "f*ck the new {title}",
         "I was pissed off all {month}", "f***ing ${amount} for parking", "s h i t show", "motherfuckers charged me ${amount}"],
        [],
    ),
    "defamatory": (
        ["{name} stole ${amount} from the {place} library", "{name} takes bribes from {company}", "{name} embezzled the {month} donations", "{role} {name} is a pedophile", "{name} was arrested for theft in {place}",
         "{name} sexually assaulted a {job}", "{name} falsified the {month} records", "money stolen by {name}", "{name} sells drugs to kids in {place}", "{name} committed tax fraud"],
        ["Did {name} steal the ${amount}?", "If {name} stole ${amount} I want proof", "{name} stole the show in {place}", "{name} never stole anything", "somebody in {place} stole my bike", "I wonder whether {name} took bribes"],
    ),
    "invades-privacy": (
        ["{name} has HIV", "{name} is in rehab in {place}", "{name} is having an affair with a {job}", "{name} filed for bankruptcy in {month}", "{name} is undocumented", "{name} had an abortion in {month}",
         "{name} was diagnosed with schizophrenia", "{name} is an alcoholic", "{name} got evicted from {street}"],
        ["Does {name} have cancer?", "I have cancer and {name} drove me to {place}", "{company} has HIV testing in {month}", "{name} wrote about rehab in {title}", "the {place} health fair is about depression"],
    ),
    "unlawful": (
        ["I will kill {name}", "I'm going to burn down the library in {place}", "{name} lives at {street}", "I know where {first} lives", "there is a bomb in the library in {place}", "someone should shoot that {place} crowd, they should all be shot",
         "selling weed in {place}, ${amount}, dm me", "we will shoot up the school in {month}", "his address is {street}", "fake IDs for ${amount}, telegram @{first}x"],
        ["the library is at {street}", "shoot me an e-mail, {first}", "{name} is killing it in {place}", "I could kill for a coffee in {place}", "that {title} cake is the bomb", "the talk on guns in {month} costs ${amount}", "{name} will shoot the photos in {month}"],
    ),
    "patron-privacy": (
        ["{first}, your hold on {title} is ready", "You owe ${amount}, {first}", "your card expired in {month}", "You have {title} checked out", "the book you requested, {title}, is here", "{name} has an overdue book", "your interlibrary loan from {place} has arrived"],
        ["When your hold on {title} is ready we will text you", "Have you checked out {title} yet?", "Is your card from {place} expired?", "Fines for {title} are ${amount} if you lose it", "Get your {place} library card in {month}", "{title} is on our new books shelf"],
    ),
    "own-campaigning": (
        ["Vote yes on the {place} referendum in {month}", "Vote no on the {month} levy", "Re-elect {name} for trustee", "Vote for {name} in {month}", "Please support the {place} referendum", "Let's defeat the {month} levy", "Vote against {name}"],
        ["The referendum in {place} is in {month}", "Vote for your favorite book: {title}", "If the levy passes it costs ${amount} a year", "Meet {name} and the other candidates at the forum in {month}", "Vote in {month}"],
    ),
    "foia-request": (
        ["Under FOIA I request all e-mails about {title}", "please send me a copy of the contract with {company}", "FOIA request: invoices from {company}", "I want copies of all records about {name}", "I am requesting the {month} minutes from the {place} meeting",
         "Please provide all correspondence with {company}"],
        ["I want a copy of {title}", "Can I get copies of my tax documents in {place}?", "how do I file a FOIA request in {place}?", "{name} gave a talk on the Freedom of Information Act", "Please send me the {month} newsletter"],
    ),
}  # fmt: skip
