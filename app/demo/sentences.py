"""What is said on the demo calls. Our own sentences; {names} are filled in by the generator.

A scene is a list of lines, `speaker: text`, with alternatives divided by ` | `. A line in
[brackets] is said on about half of the calls.
"""

GREETING = (
    "agent: Thank you for calling {clinic}. This is the virtual assistant. How can I help you? | "
    "{clinic}, you are speaking with the virtual assistant. What can I do for you today? | "
    "Hello, this is {clinic}. I can help with appointments and questions. How can I help?"
)
IDENTITY = (
    "agent: I can help with that. May I have your full name? | Of course. What is your name, please?",
    "caller: {patient}. | My name is {patient}. | It's {patient}.",
    "agent: Thank you. And your date of birth, please?",
    "caller: {birth}. | {birth}, I was born.",
    "[agent: Thank you, I have found your record.]",
)
ADULT: dict[str, tuple[str, ...]] = {
    "book": (
        "caller: I'd like to make an appointment with {doctor}. | Hi, I need to see a doctor, it's"
        " about {complaint}. | Could I get an appointment this week?",
        *IDENTITY,
        "agent: {doctor} has {day} at {time} or {day2} at {time2}. Which suits you better?",
        "caller: {day} at {time} works. | I'll take {day}. | The first one, please.",
        "agent: You are booked with {doctor} on {day} at {time}. Please come ten minutes early.",
        "[caller: Do I need to bring anything? | Is there parking nearby?]",
        "[agent: Please bring your insurance card. The car park behind the building is free.]",
        "caller: Great, thank you. | Perfect, thanks. Bye.",
        "agent: You are welcome. Goodbye. | See you on {day}. Goodbye.",
    ),
    "move": (
        "caller: I need to move my appointment. | Something came up, can I reschedule?",
        *IDENTITY,
        "agent: I see an appointment with {doctor} on {day} at {time}. When would suit you instead?",
        "caller: Is there anything on {day2}? | Later that week would be better.",
        "agent: I have {day2} at {time2}. Shall I move it there?",
        "caller: Yes, please. | That works.",
        "agent: Done. You are now with {doctor} on {day2} at {time2}.",
        "caller: Thanks a lot. | Wonderful, bye.",
    ),
    "cancel": (
        "caller: I have to cancel my appointment. | I can't make it on {day}.",
        *IDENTITY,
        "agent: I have cancelled {day} at {time} with {doctor}. Would you like another time?",
        "caller: Not now, I'll call again. | No, thank you.",
        "agent: All right. There is no charge. Goodbye.",
    ),
    "refill": (
        "caller: I'm nearly out of my {drug}. Can I get a refill? | I need my {drug} renewed.",
        *IDENTITY,
        "agent: I see a prescription for {drug}. Which pharmacy should receive it?",
        "caller: The one on {street}. | Same as last time, please.",
        "agent: I have sent the request to {doctor}. It usually takes one working day.",
        "[caller: I have only two tablets left.]",
        "[agent: I have marked it as urgent. The nurse will call you today if anything is missing.]",
        "caller: Thank you.",
    ),
    "results": (
        "caller: I had blood drawn last week. Are my results in?",
        *IDENTITY,
        "agent: Your results have arrived and {doctor} has reviewed them. I cannot read results out,"
        " but I can ask the nurse to call you, or you can see them in the patient portal.",
        "caller: Please have the nurse call me. | I'd rather talk to somebody.",
        "agent: The nurse will call you before {time}. Is this number the right one?",
        "caller: Yes, it is.",
        "agent: Then everything is arranged. Goodbye.",
    ),
    "insurance": (
        "caller: Do you take {insurer}? | I changed to {insurer}, are you in network?",
        "agent: Yes, {clinic} is in network with {insurer}. Would you like me to note the change?",
        "caller: Yes, please. | I'll bring the card next time.",
        "[agent: Then please have your member number ready when you come in.]",
        "caller: Will do. Thank you.",
    ),
    "directions": (
        "caller: Where exactly are you? | What's the best way to get there by bus?",
        "agent: We are at 210 {street}, next to the library. Buses 4 and 19 stop in front.",
        "[caller: And until when are you open today? ]",
        "[agent: Today we are open until half past five.]",
        "caller: Thanks.",
    ),
    "new_patient": (
        "caller: I just moved here. Are you taking new patients?",
        "agent: Yes, we are. A first visit takes about forty minutes. May I have your name?",
        "caller: {patient}.",
        "agent: Welcome, {patient}. {doctor} has {day} at {time}. Would you like that?",
        "caller: Yes. | {day} is good.",
        "agent: I will send you the forms by text message. Please fill them in before you come.",
        "caller: Okay, thank you very much.",
    ),
    "billing": (
        "caller: I got a bill I don't understand. | There is a charge of {amount} on my statement.",
        *IDENTITY,
        "agent: The charge of {amount} is for your visit on {day}. Your insurer has not answered yet.",
        "caller: So do I have to pay it now? | What should I do?",
        "agent: Please wait for their answer. I have asked billing to call you this week.",
        "caller: All right. | Okay, thanks for looking.",
    ),
    "symptom": (
        "caller: I've had {complaint} since this morning and I'm a bit worried.",
        "agent: I am sorry to hear that. Do you have chest pain or trouble breathing right now?",
        "caller: No, but it's not going away. | A little short of breath on the stairs.",
        "agent: I cannot judge this myself, so I am connecting you with the nurse. Please stay on"
        " the line. If it gets worse, call 911.",
        "caller: Okay.",
        "operator: Hello, this is {nurse}, the nurse on duty. Tell me what is going on.",
        "caller: It's {complaint}, since about seven. | I've had {complaint} and feel dizzy.",
        "operator: Did you take anything for it?",
        "caller: Only some ibuprofen. | No, nothing yet.",
        "operator: I would like {doctor} to see you today. Can you come at {time}?",
        "caller: Yes, I can be there.",
        "operator: Good. Somebody should drive you. We will see you then.",
    ),
    "person": (
        "caller: Can I just talk to a real person, please? | I don't want to speak to a machine.",
        "agent: Of course. I am connecting you with the front desk.",
        "operator: Front desk, {nurse} speaking. How can I help?",
        "caller: It's about the forms I dropped off on {day}.",
        "operator: I have them here. {doctor} will sign them by tomorrow.",
        "caller: Lovely, thank you.",
    ),
    "wrong_number": (
        "caller: Is this the pizza place? | Hello, is this the garage?",
        "agent: No, this is {clinic}. I am afraid you have the wrong number.",
        "caller: Oh, sorry about that.",
    ),
    "reminder": (
        "agent: Hello, this is {clinic} with a reminder: you have an appointment with {doctor} on"
        " {day} at {time}. Can you make it?",
        "caller: Yes, I'll be there. | Yes, thanks for calling.",
        "agent: Wonderful. See you on {day}. Goodbye.",
    ),
    "voicemail": (
        "agent: Hello, this is {clinic}. Please call us back when you have a moment. Thank you.",
    ),
    "abandoned": (GREETING, "[caller: Hello? Hold on...]"),
    "spanish": (
        "caller: Buenos días, ¿habla español? | Hola, quisiera una cita, por favor.",
        "agent: Sí, claro. ¿En qué puedo ayudarle?",
        "caller: Necesito una cita con {doctor}. | Me gustaría ver a {doctor} esta semana.",
        "agent: {doctor} tiene libre el {dia} a las {hora}. ¿Le viene bien?",
        "caller: Sí, perfecto. | Muy bien, gracias.",
        "agent: Su cita está confirmada. Que tenga un buen día.",
    ),
}
CHILD: dict[str, tuple[str, ...]] = {
    "well_child": (
        "caller: My {child_age} needs a check-up. | I'd like to book a well-child visit.",
        "agent: Happy to help. What is your child's name?",
        "caller: {patient}.",
        "agent: {doctor} can see {patient} on {day} at {time}. Vaccinations are due then as well.",
        "caller: That's fine. | Good, we'll come.",
        "agent: Please bring the vaccination record. See you on {day}.",
    ),
    "fever": (
        "caller: My {child_age} has had a fever of {fever} since last night.",
        "agent: I am sorry. Is your child drinking, and awake enough to answer you?",
        "caller: Yes, but very tired. | Drinking a little, not eating.",
        "agent: I would like the nurse to hear this. Please hold for a moment.",
        "operator: This is {nurse}. How old is your child, and is there a rash?",
        "caller: My {child_age}. No rash.",
        "operator: Let's have {doctor} take a look today at {time}. Keep offering water.",
        "caller: Thank you so much.",
    ),
    "school_form": (
        "caller: I need a form for school. | The kindergarten wants a health certificate.",
        "agent: I can arrange that. Which child is it for?",
        "caller: {patient}.",
        "agent: The form for {patient} will be at the front desk on {day} after {time}.",
        "caller: Great, thanks.",
    ),
}
DENTAL: dict[str, tuple[str, ...]] = {
    "cleaning": (
        "caller: I'm due for a cleaning. | Can I book a cleaning with {doctor}?",
        *IDENTITY,
        "agent: The hygienist has {day} at {time}. Does that suit you?",
        "caller: Yes, please. | {day} is fine.",
        "agent: You are booked. Please tell us if your insurance has changed.",
        "caller: It hasn't. Thanks.",
    ),
    "toothache": (
        "caller: I have a terrible toothache, on the {side} side. | A filling came out last night.",
        "agent: That sounds painful. Is your face swollen, or do you have a fever?",
        "caller: No, it just hurts. | A little swollen, maybe.",
        "agent: We keep time free for this. Can you come today at {time}?",
        "caller: Yes, thank goodness. | I'll be there.",
        "agent: {doctor} will see you at {time}. Please avoid very hot or cold drinks until then.",
    ),
    "whitening": (
        "caller: How much is whitening? | Do you do whitening?",
        "agent: Yes. It takes two visits and costs {amount}. Would you like a first consultation?",
        "caller: I'll think about it. | Sure, when?",
        "agent: Gladly. You can book any time, here or on our page.",
        "caller: Thank you, bye.",
    ),
}
WORDS: dict[str, tuple[str, ...]] = {
    "patient": (
        "Maria Delgado", "James Whitfield", "Aisha Rahman", "Tom Okafor", "Linh Tran", "Grace Kim",
        "Peter Novak", "Rosa Jimenez", "Hannah Weiss", "Daniel Osei", "Olivia Brandt", "Samir Haddad",
        "Ellen Fitzgerald", "Victor Popescu", "Nadia Petrova", "George Lindqvist", "Leila Farah",
        "Marcus Bell", "Yuki Tanaka", "Carmen Ortiz", "Walter Simmons", "Ines Carvalho", "Ruth Adler",
    ),
    "birth": (
        "March third, nineteen seventy-one", "the twelfth of July, nineteen eighty-eight",
        "October thirtieth, nineteen fifty-four", "May sixth, two thousand one",
        "January nineteenth, nineteen ninety-five", "the second of August, nineteen sixty-three",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "day2": ("next Monday", "next Tuesday", "next Wednesday", "next Thursday", "next Friday"),
    "time": ("nine fifteen", "ten o'clock", "half past ten", "one thirty", "a quarter to three"),
    "time2": ("eight thirty", "eleven twenty", "two o'clock", "four fifteen"),
    "complaint": (
        "a bad headache", "tightness in my chest", "back pain", "a cough", "stomach cramps",
        "a rash on my arm", "dizziness", "a sore throat",
    ),
    "drug": ("lisinopril", "metformin", "levothyroxine", "atorvastatin", "albuterol"),
    "street": ("Mill Street", "Harbor Avenue", "Cedar Lane", "Station Road"),
    "insurer": ("Blue Harbor", "Northwell Mutual", "Cascade Health Plan", "Unity Care"),
    "amount": ("eighty-five dollars", "a hundred and twenty dollars", "forty dollars"),
    "child_age": ("two-year-old", "four-year-old", "six-year-old", "daughter", "son"),
    "fever": ("a hundred and two", "a hundred and one point five", "a hundred and three"),
    "side": ("left", "right", "upper left", "lower right"),
    "dia": ("lunes", "martes", "miércoles", "jueves", "viernes"),
    "hora": ("nueve", "diez y media", "dos", "cuatro y cuarto"),
}  # fmt: skip
