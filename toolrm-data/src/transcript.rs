//! Conversations written as one text, in which a line that begins with a tag begins a message.

use toolrm_core::call::{Message, Role};

/// The messages of a transcript. A line without a tag belongs to the message before it.
pub fn messages(text: &str, tags: &[(&str, Role)]) -> Vec<Message> {
    let mut spoken: Vec<(Role, String)> = Vec::new();
    for line in text.trim_end().split('\n') {
        let begins = tags.iter().find_map(|(tag, role)| Some((*role, line.strip_prefix(tag)?)));
        match (begins, spoken.last_mut()) {
            (Some((role, words)), _) => spoken.push((role, words.trim_start().into())),
            (None, Some((_, words))) => {
                words.push('\n');
                words.push_str(line);
            }
            (None, None) => spoken.push((Role::User, line.into())),
        }
    }
    spoken.into_iter().map(|(role, words)| Message::new(role, words)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_tag_goes_on_with_the_message() {
        let text = "user: Meals?\nOnly: cheap ones.\nsystem: Which?\nuser: Asian.\n";
        let read = messages(text, &[("user:", Role::User), ("system:", Role::Assistant)]);
        let spoken: Vec<_> = read.iter().map(|m| (m.role, m.text().into_owned())).collect();
        let expected = [(Role::User, "Meals?\nOnly: cheap ones."), (Role::Assistant, "Which?"), (Role::User, "Asian.")];
        assert_eq!(spoken, expected.map(|(role, words)| (role, words.to_owned())));
    }
}
