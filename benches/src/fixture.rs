//! One agent's turn: eight tools, a request for two calls, and sixteen answers of the kinds models give.

use serde_json::{Value, json};
use toolrm_core::{
    call::{Candidate, Message, ToolCall},
    task::Task,
    toolset::{Toolset, ToolsetError},
};

/// What the person asks for.
pub const REQUEST: &str = "Book a table for 4 people at Chez Nadine in Lyon on 2025-07-14 at 19:30, and tell me the weather \
                           there that evening in celsius. My phone number is +33 6 12 34 56 78.";

fn tool(name: &str, description: &str, properties: &Value, required: &[&str]) -> Value {
    json!({"type": "function", "function": {"name": name, "description": description,
        "parameters": {"type": "object", "properties": properties, "required": required}}})
}

/// The tools, as OpenAI's API takes them.
pub fn tools() -> Value {
    let text = json!({"type": "string"});
    json!([
        tool(
            "book_table",
            "Book a table in a restaurant",
            &json!({
                "restaurant": {"type": "string", "description": "Name of the restaurant"},
                "city": {"type": "string", "description": "City of the restaurant"},
                "date": {"type": "string", "format": "date", "description": "Day, as YYYY-MM-DD"},
                "time": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "description": "Time, as HH:MM"},
                "guests": {"type": "integer", "minimum": 1, "maximum": 20, "description": "Number of people"},
                "phone": {"type": "string", "description": "Phone number of the guest"},
                "terrace": {"type": "boolean", "default": false, "description": "Whether to sit outside"}
            }),
            &["restaurant", "city", "date", "time", "guests"]
        ),
        tool(
            "get_weather",
            "Weather forecast of a city for a day",
            &json!({
                "city": {"type": "string", "description": "Name of the city"},
                "date": {"type": "string", "format": "date", "description": "Day, as YYYY-MM-DD"},
                "part_of_day": {"type": "string", "enum": ["morning", "afternoon", "evening", "night"]},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"}
            }),
            &["city", "date"]
        ),
        tool("cancel_booking", "Cancel a booking", &json!({"booking_id": text}), &["booking_id"]),
        tool(
            "search_restaurants",
            "Search restaurants",
            &json!({
                "city": text, "cuisine": text, "price": {"type": "integer", "minimum": 1, "maximum": 4},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5}
            }),
            &["city"]
        ),
        tool(
            "get_route",
            "Route between two places",
            &json!({
                "from": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}, "required": ["lat", "lon"]},
                "to": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}, "required": ["lat", "lon"]},
                "mode": {"type": "string", "enum": ["walk", "bike", "car", "train"]}
            }),
            &["from", "to"]
        ),
        tool("send_message", "Send a text message", &json!({"phone": text, "text": text}), &["phone", "text"]),
        tool(
            "convert_currency",
            "Convert an amount of money",
            &json!({
                "amount": {"type": "number"}, "from": text, "to": text
            }),
            &["amount", "from", "to"]
        ),
        tool("list_bookings", "List the bookings of a guest", &json!({"phone": text}), &["phone"])
    ])
}

/// The toolset, built.
pub fn toolset() -> Result<Toolset, ToolsetError> {
    Toolset::from_json(&tools())
}

/// The task: the request and the tools.
pub fn task() -> Result<Task, ToolsetError> {
    let messages = vec![Message::system("You are the assistant of a travel agency."), Message::user(REQUEST)];
    Ok(Task::new(messages, toolset()?))
}

fn booking() -> Value {
    json!({"restaurant": "Chez Nadine", "city": "Lyon", "date": "2025-07-14", "time": "19:30", "guests": 4, "phone": "+33 6 12 34 56 78"})
}

fn with(mut arguments: Value, name: &str, value: Value) -> Value {
    if let Some(object) = arguments.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
    arguments
}

fn book(arguments: Value) -> ToolCall {
    ToolCall::new("book_table", arguments)
}

fn weather() -> ToolCall {
    ToolCall::new(
        "get_weather",
        json!({"city": "Lyon", "date": "2025-07-14", "part_of_day": "evening", "unit": "celsius"}),
    )
}

/// Sixteen answers: the right one (the sixth), and what models get wrong.
pub fn candidates() -> Vec<Candidate> {
    let right = || vec![book(booking()), weather()];
    vec![
        Candidate::text("Which restaurant would you like to book?"),
        Candidate::calls(vec![book(booking())]),
        Candidate::calls(vec![book(with(booking(), "guests", json!("4"))), weather()]),
        Candidate::calls(vec![book(with(booking(), "date", json!("2025-07-15"))), weather()]),
        Candidate::calls(vec![book(json!({"restaurant": "Chez Nadine", "city": "Lyon"})), weather()]),
        Candidate::calls(right()),
        Candidate::calls(vec![ToolCall::new("reserve_table", booking()), weather()]),
        Candidate::calls(vec![book(with(booking(), "smoking", json!(false))), weather()]),
        Candidate::calls([right(), right()].concat()),
        Candidate::calls(vec![
            book(booking()),
            ToolCall::new("get_weather", json!({"city": "Paris", "date": "2025-07-14"})),
        ]),
        Candidate::calls(vec![book(with(booking(), "time", json!("7:30 pm"))), weather()]),
        Candidate::calls(vec![ToolCall::new("search_restaurants", json!({"city": "Lyon", "tags": ["Chez Nadine"]}))]),
        Candidate::calls(vec![
            weather(),
            ToolCall::new("send_message", json!({"phone": "+33 6 12 34 56 78", "text": "booked"})),
        ]),
        Candidate::calls(vec![]),
        Candidate::calls(vec![book(with(booking(), "guests", json!(400))), weather()]),
        Candidate::text("I have booked your table at Chez Nadine. It will be 24 degrees celsius in Lyon."),
    ]
}
