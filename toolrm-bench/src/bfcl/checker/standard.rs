//! Strings as they are compared: without the characters ` ,./-_*^`, in lower case, with double quotes for single ones.

/// A string in the form in which strings are compared.
pub(super) fn standardise(text: &str) -> String {
    // Lower case comes after the removal: what a capital sigma becomes depends on its neighbours.
    let kept: String = text.chars().filter(|c| !is_left_out(*c)).collect();
    kept.to_lowercase().replace('\'', "\"")
}

fn is_left_out(c: char) -> bool {
    matches!(c, ' ' | ',' | '.' | '/' | '-' | '_' | '*' | '^')
}

/// A string to be found among standardised ones. Plain ASCII, which nearly all are, is standardised while it is compared.
#[derive(Debug)]
pub(super) enum Sought<'a> {
    Ascii(&'a [u8]),
    Standardised(String),
}

impl<'a> Sought<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        if text.is_ascii() { Self::Ascii(text.as_bytes()) } else { Self::Standardised(standardise(text)) }
    }

    /// Whether `standard`, which is standardised, is this string's standardised form.
    pub(super) fn is(&self, standard: &str) -> bool {
        match self {
            Self::Ascii(bytes) => {
                bytes.iter().copied().filter(|b| !is_left_out(char::from(*b))).map(fold).eq(standard.bytes())
            }
            Self::Standardised(own) => own == standard,
        }
    }
}

fn fold(byte: u8) -> u8 {
    match byte {
        b'\'' => b'"',
        byte => byte.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_way_of_standardising_gives_the_same() {
        let all: String = (0..=127_u8).map(char::from).collect();
        for text in
            ["", "New York, NY", "it's *bold* ^_^", "a-b/c.d", "ΟΔΟΣ", "ΣΑΣ Α", "İstanbul", "\u{212a}elvin", &all]
        {
            let standard = standardise(text);
            assert!(Sought::new(text).is(&standard), "{text}");
            assert!(!Sought::new(text).is(&format!("{standard}x")), "{text}");
        }
        assert_eq!(standardise("April 1, 2024: 'ok'"), "april12024:\"ok\"");
        assert_eq!(standardise("ΑΣ.Α"), "ασα", "the sigma is not final: the point is gone before");
    }
}
