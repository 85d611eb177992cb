//! Tools from Rust types: the schema comes from the type, and a call that passes the check becomes a value of the type.
//!
//! ```text
//! the schema asks for restaurant and people
//! wrong at /people: ..
//! booking for 4 at Trattoria Bellini on the terrace
//! ```

use schemars::JsonSchema;
use serde::Deserialize;
use toolrm_core::{format::parse_any, prelude::*};

#[derive(Debug, Deserialize, JsonSchema)]
struct BookTable {
    /// Name of the restaurant
    restaurant: String,
    /// Number of guests
    #[schemars(range(min = 1, max = 20))]
    people: u32,
    /// Where to sit
    #[serde(default)]
    seat: Seat,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Seat {
    #[default]
    Inside,
    Terrace,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Doc comments of the fields become descriptions, which is what the model and the rules read.
    let tools = Toolset::new(vec![Tool::from_type::<BookTable>("book_table", "Book a table at a restaurant")])?;
    let tool = tools.get("book_table").ok_or("no such tool")?;
    let required: Vec<&str> = tool.params().properties.iter().filter(|p| p.required).map(|p| p.name.as_str()).collect();
    println!("the schema asks for {}", required.join(" and "));

    for output in [
        "[book_table(restaurant='Trattoria Bellini', people='four', seat='terrace')]",
        "[book_table(restaurant='Trattoria Bellini', people=4, seat='terrace')]",
    ] {
        for call in parse_any(output).action.calls() {
            let violations = tool.violations(&call.arguments);
            if let Some(first) = violations.first() {
                println!("wrong at {}: {}", first.pointer, first.message);
                continue;
            }
            let booking: BookTable = serde_json::from_value(call.arguments.clone())?;
            let seat = match booking.seat {
                Seat::Inside => "inside",
                Seat::Terrace => "on the terrace",
            };
            println!("booking for {} at {} {seat}", booking.people, booking.restaurant);
        }
    }
    Ok(())
}
