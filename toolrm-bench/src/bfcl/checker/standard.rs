//! Strings as they are compared: without the characters ` ,./-_*^`, in lower case, with double quotes for single ones.

/// A string in the form in which strings are compared.
pub(super) fn standardise(text: &str) -> String {
    // Lower case comes after the removal: what a capital sigma becomes depends on its neighbours.
    let kept: String = text.chars().filter(|c| !is_left_out(*c)).collect();
    kept.to_lowercase().replace('\'', "\"")
}

const fn is_left_out(c: char) -> bool {
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
                bytes.iter().filter_map(|byte| FOLDED.get(usize::from(*byte)).copied().flatten()).eq(standard.bytes())
            }
            Self::Standardised(own) => own == standard,
        }
    }
}

/// What becomes of each ASCII character; nothing of those left out.
const FOLDED: [Option<u8>; 128] = {
    let mut folded = [None; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        let kept = match byte {
            b'\'' => Some(b'"'),
            byte if is_left_out(byte as char) => None,
            byte => Some(byte.to_ascii_lowercase()),
        };
        if let Some(slot) = folded.as_mut_slice().split_at_mut(byte as usize).1.first_mut() {
            *slot = kept;
        }
        byte += 1;
    }
    folded
};

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
