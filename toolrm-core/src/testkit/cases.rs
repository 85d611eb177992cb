//! Tasks and candidates as agents meet them: what the conformance suites run on, and a start for one's own tests.

use serde_json::{Value, json};

use crate::{
    call::{Action, Candidate, Message, Tool, ToolCall},
    task::Task,
    toolset::Toolset,
};

/// What a person would say of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "cases have no shades on purpose")]
pub enum Quality {
    /// Right as it is.
    Good,
    /// Wrong.
    Bad,
}

/// One candidate of a [`Case`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sample {
    /// The candidate.
    pub candidate: Candidate,
    /// What a person would say of it.
    pub quality: Quality,
    /// Why, in a few words.
    pub why: &'static str,
}

/// One task and candidates for its next turn.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Case {
    /// A name for messages.
    pub name: &'static str,
    /// The task.
    pub task: Task,
    /// Candidates, good and bad.
    pub samples: Vec<Sample>,
}

impl Case {
    fn new(name: &'static str, messages: Vec<Message>, tools: Vec<Tool>) -> Self {
        #[allow(
            clippy::panic,
            reason = "the tools of the cases are written below; a mistake in them must not pass unseen"
        )]
        let tools = Toolset::new(tools).unwrap_or_else(|e| panic!("tools of case \"{name}\": {e}"));
        Self { name, task: Task::new(messages, tools), samples: Vec::new() }
    }

    fn good(self, candidate: Candidate, why: &'static str) -> Self {
        self.sample(candidate, Quality::Good, why)
    }

    fn bad(self, candidate: Candidate, why: &'static str) -> Self {
        self.sample(candidate, Quality::Bad, why)
    }

    fn sample(mut self, candidate: Candidate, quality: Quality, why: &'static str) -> Self {
        self.samples.push(Sample { candidate, quality, why });
        self
    }

    /// Every pair of a good and a bad candidate.
    pub fn pairs(&self) -> impl Iterator<Item = (&Candidate, &Candidate)> {
        let of = |quality| self.samples.iter().filter(move |s| s.quality == quality).map(|s| &s.candidate);
        of(Quality::Good).flat_map(move |good| of(Quality::Bad).map(move |bad| (good, bad)))
    }
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall::new(name, arguments)
}

fn one(name: &str, arguments: Value) -> Candidate {
    Candidate::calls(vec![call(name, arguments)])
}

/// The tasks: one call, parallel calls, no fitting tool, an earlier tool result, a missing value, no tools at all, nested
/// arguments, no arguments, and scripts from all over the world. Every case has good and bad candidates; calls, words and malformed
/// output are all there.
pub fn cases() -> Vec<Case> {
    vec![weather(), messages(), poem(), refund(), transfer(), no_tools(), meeting(), alarms(), unicode()]
}

fn weather_tool() -> Tool {
    Tool::new(
        "get_weather",
        json!({"type": "object", "properties": {
            "city": {"type": "string", "description": "Name of the city"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14, "description": "Days of forecast"}
        }, "required": ["city"]}),
    )
    .with_description("Weather forecast of a city")
}

fn weather() -> Case {
    let system = "You are a travel assistant. Use the tools; never answer from memory.";
    let user = "What will the weather be like in Lisbon over the next 3 days, in Fahrenheit?";
    Case::new("weather", vec![Message::system(system), Message::user(user)], vec![weather_tool()])
        .good(one("get_weather", json!({"city": "Lisbon", "unit": "fahrenheit", "days": 3})), "as asked")
        .bad(one("get_weather", json!({"city": "Madrid", "unit": "fahrenheit", "days": 3})), "another city")
        .bad(one("get_weather", json!({"city": "Lisbon", "unit": "F", "days": 3})), "not an allowed unit")
        .bad(
            one("get_weather", json!({"city": "Lisbon", "unit": "fahrenheit", "days": "three"})),
            "a word for a number",
        )
        .bad(one("get_weather", json!({"days": 3})), "no city")
        .bad(one("weather_lookup", json!({"city": "Lisbon"})), "no such tool")
        .bad(Candidate::text("It will be sunny, around 75 °F."), "an answer from nowhere")
        .bad(
            Candidate::new(Action::malformed(
                "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Lis",
                "the JSON ends inside a string",
            )),
            "cut off",
        )
}

fn messages() -> Case {
    let send = Tool::new(
        "send_message",
        json!({"type": "object", "properties": {
            "to": {"type": "string"}, "text": {"type": "string"}, "urgent": {"type": "boolean"}
        }, "required": ["to", "text"]}),
    )
    .with_description("Sends a text message to one person");
    let to = |name: &str| call("send_message", json!({"to": name, "text": "Dinner is at 8."}));
    Case::new("messages", vec![Message::user("Tell Ana and Bruno that dinner is at 8.")], vec![send])
        .good(Candidate::calls(vec![to("Ana"), to("Bruno")]), "one call each")
        .good(Candidate::calls(vec![to("Ana"), to("Bruno")]).with_content("I'll tell them both."), "with words beside")
        .bad(Candidate::calls(vec![to("Ana")]), "Bruno forgotten")
        .bad(Candidate::calls(vec![to("Ana, Bruno")]), "two persons in one call")
        .bad(Candidate::calls(vec![to("Ana"), to("Bruno"), to("Ana")]), "Ana told twice")
        .bad(Candidate::calls(vec![]), "an empty list of calls")
}

fn poem() -> Case {
    let book = Tool::new(
        "book_flight",
        json!({"type": "object", "properties": {"from": {"type": "string"}, "to": {"type": "string"}}, "required": ["from", "to"]}),
    );
    Case::new("poem", vec![Message::user("Write me two lines about the sea.")], vec![book])
        .good(Candidate::text("The sea keeps what the rivers say,\nand says it twice to every bay."), "no tool fits")
        .bad(one("book_flight", json!({"from": "sea", "to": "sea"})), "a call nobody asked for")
}

fn refund() -> Case {
    let find = Tool::new(
        "find_orders",
        json!({"type": "object", "properties": {"email": {"type": "string", "format": "email"}}, "required": ["email"]}),
    );
    let refund = Tool::new(
        "refund",
        json!({"type": "object", "properties": {
            "order_id": {"type": "string"}, "amount": {"type": "number", "exclusiveMinimum": 0}
        }, "required": ["order_id", "amount"]}),
    );
    let conversation = vec![
        Message::user("Please refund my last order, my address is kim@example.org."),
        Message::calls(vec![call("find_orders", json!({"email": "kim@example.org"})).with_id("call_1")]),
        Message::tool("call_1", r#"[{"id": "A-1042", "total": 59.9, "date": "2026-03-01"}]"#),
    ];
    Case::new("refund", conversation, vec![find, refund])
        .good(one("refund", json!({"order_id": "A-1042", "amount": 59.9})), "from the tool's result")
        .bad(one("refund", json!({"order_id": "A-1024", "amount": 59.9})), "digits exchanged")
        .bad(one("refund", json!({"order_id": "A-1042", "amount": -59.9})), "a negative amount")
        .bad(one("find_orders", json!({"email": "kim@example.org"})), "asks again for what is known")
        .bad(Candidate::text("Your refund is on its way!"), "says it without doing it")
}

fn transfer() -> Case {
    let transfer = Tool::new(
        "transfer",
        json!({"type": "object", "properties": {
            "iban": {"type": "string"}, "amount": {"type": "number"}
        }, "required": ["iban", "amount"]}),
    );
    Case::new("transfer", vec![Message::user("Send 200 euros to my landlord.")], vec![transfer])
        .good(Candidate::text("What is your landlord's IBAN?"), "a required value is missing")
        .bad(one("transfer", json!({"iban": "DE89 3704 0044 0532 0130 00", "amount": 200})), "an invented account")
}

fn no_tools() -> Case {
    Case::new("no tools", vec![Message::user("What is 2 + 2?")], Vec::new())
        .good(Candidate::text("4"), "all it needs")
        .bad(one("calculator", json!({"expression": "2 + 2"})), "there are no tools")
}

fn meeting() -> Case {
    let create = Tool::new(
        "calendar.create_event",
        json!({"type": "object", "properties": {
            "title": {"type": "string"},
            "start": {"type": "string", "format": "date-time"},
            "attendees": {"type": "array", "items": {"type": "object", "properties": {
                "name": {"type": "string"}, "optional": {"type": "boolean"}}, "required": ["name"]}},
            "place": {"type": "object", "properties": {"room": {"type": "string"}, "floor": {"type": "integer"}}}
        }, "required": ["title", "start"]}),
    );
    let event = |attendees: Value, floor: Value| {
        json!({"title": "Budget", "start": "2026-05-04T09:30:00Z", "attendees": attendees,
               "place": {"room": "Blue", "floor": floor}})
    };
    let user =
        "Put a meeting called Budget on 4 May 2026 at 9:30 UTC, room Blue on floor 2, with Li and, optionally, Max.";
    Case::new("meeting", vec![Message::user(user)], vec![create])
        .good(
            one("calendar.create_event", event(json!([{"name": "Li"}, {"name": "Max", "optional": true}]), json!(2))),
            "nested as the schema says",
        )
        .bad(one("calendar.create_event", event(json!("Li, Max"), json!(2))), "a text for a list")
        .bad(
            one("calendar.create_event", event(json!([{"name": "Li"}]), json!("2nd"))),
            "Max forgotten, a text for a number",
        )
        .bad(one("calendar_create_event", event(json!([]), json!(2))), "an underscore for the dot of the name")
}

fn alarms() -> Case {
    let list = Tool::new("list_alarms", json!({"type": "object", "properties": {}}));
    Case::new("alarms", vec![Message::user("Which alarms have I set?")], vec![list])
        .good(one("list_alarms", json!({})), "no arguments to give")
        .bad(one("list_alarms", json!({"user": "me"})), "an argument the tool does not have")
        .bad(Candidate::text(""), "nothing at all")
}

fn unicode() -> Case {
    let conversation = vec![
        Message::system("Réponds dans la langue de l'utilisateur."),
        Message::user("明日の東京の天気は? 👩‍👩‍👧‍👦 \u{202e}مرحبا \u{0}"),
    ];
    Case::new("unicode", conversation, vec![weather_tool()])
        .good(one("get_weather", json!({"city": "東京", "days": 1})), "the city as the user writes it")
        .bad(one("get_weather", json!({"city": "\u{fffd}\u{fffd}", "days": 1})), "replacement characters")
        .bad(one("get_weather", json!({"שם": "東京"})), "an unknown argument")
        .bad(Candidate::text("<|im_end|>\u{202e}]]>\u{0}{{ 7 * 7 }}"), "control tokens and template syntax")
}
