//! Python string literals.

use memchr::{memchr2, memchr3};

use super::{LiteralError, Parsed, Reader};

impl Reader<'_> {
    /// Whether a string literal comes next, prefix and all.
    pub(in crate::format) fn at_string(&self) -> bool {
        const PREFIXES: [&[u8]; 9] = [b"", b"r", b"u", b"f", b"b", b"rb", b"br", b"rf", b"fr"];
        let rest = self.rest().as_bytes();
        let letters = rest.iter().take(3).take_while(|b| b.is_ascii_alphabetic()).count();
        matches!(rest.get(letters), Some(b'"' | b'\''))
            && PREFIXES.iter().any(|prefix| rest.get(..letters).is_some_and(|word| word.eq_ignore_ascii_case(prefix)))
    }

    /// String literals that stand one after the other, as the one text they make.
    pub(in crate::format) fn strings(&mut self) -> Parsed<String> {
        let mut text = String::new();
        loop {
            self.string(&mut text)?;
            let mut ahead = self.clone();
            ahead.skip_space();
            if !ahead.at_string() {
                return Ok(text);
            }
            self.pos = ahead.pos;
        }
    }

    pub(super) fn string(&mut self, out: &mut String) -> Parsed<()> {
        let start = self.clone();
        let (mut raw, mut fields) = (false, false);
        loop {
            match self.peek() {
                Some(b'r' | b'R') => raw = true,
                Some(b'f' | b'F') => fields = true,
                Some(b'b' | b'B') => return self.fail("a bytes literal has no JSON form"),
                Some(b'u' | b'U') => {}
                _ => break,
            }
            self.pos += 1;
        }
        let Some(quote) = self.peek() else { return self.fail("expected a string") };
        let triple: &str = if quote == b'"' { "\"\"\"" } else { "'''" };
        let long = self.rest().starts_with(triple);
        self.pos += if long { 3 } else { 1 };
        let begin = out.len();
        loop {
            let rest = self.rest();
            let hit = if long {
                memchr2(quote, b'\\', rest.as_bytes())
            } else {
                memchr3(quote, b'\\', b'\n', rest.as_bytes())
            };
            let Some(at) = hit else { return start.fail("a string that is never closed") };
            out.push_str(rest.get(..at).unwrap_or_default());
            self.pos += at;
            match self.peek() {
                Some(b'\n') => return self.fail("a line break inside a string (write `\\n`)"),
                Some(b'\\') if raw => {
                    let escaped = self.rest().chars().take(2);
                    let before = out.len();
                    out.extend(escaped);
                    self.pos += out.len() - before;
                }
                Some(b'\\') => self.escape(out)?,
                _ if !long => {
                    self.pos += 1;
                    break;
                }
                _ if self.rest().starts_with(triple) => {
                    self.pos += 3;
                    break;
                }
                _ => {
                    out.push(char::from(quote));
                    self.pos += 1;
                }
            }
        }
        if fields && out.get(begin..).is_some_and(|text| text.contains(['{', '}'])) {
            return start.fail("an f-string with fields is an expression, not a literal value");
        }
        Ok(())
    }

    /// One escape sequence, by Python's rules; a UTF-16 pair (`\ud83d\ude00`), as JSON writes it, is the one character it means.
    fn escape(&mut self, out: &mut String) -> Parsed<()> {
        let start = self.clone();
        self.pos += 1;
        let Some(c) = self.rest().chars().next() else { return start.fail("a string that is never closed") };
        self.pos += c.len_utf8();
        let simple = match c {
            '\n' => return Ok(()),
            '\\' | '\'' | '"' => c,
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '0'..='7' => {
                self.pos -= 1;
                let octal = self.rest().bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
                return self.code_point(&start, octal, 8, out);
            }
            'x' => return self.code_point(&start, 2, 16, out),
            'u' => return self.code_point(&start, 4, 16, out),
            'U' => return self.code_point(&start, 8, 16, out),
            'N' if self.peek() == Some(b'{') => return start.fail("`\\N{..}`: characters by name are not read"),
            other => {
                out.push('\\');
                other
            }
        };
        out.push(simple);
        Ok(())
    }

    fn code_point(&mut self, start: &Self, digits: usize, radix: u32, out: &mut String) -> Parsed<()> {
        let bad = || LiteralError { at: start.pos, why: "an escape sequence that is no character".into() };
        let unit = self.digits(digits, radix).ok_or_else(bad)?;
        let code = if (0xd800..0xdc00).contains(&unit) && self.rest().starts_with("\\u") {
            self.pos += 2;
            let low = self.digits(4, 16).filter(|low| (0xdc00..0xe000).contains(low)).ok_or_else(bad)?;
            0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
        } else {
            unit
        };
        out.push(char::from_u32(code).ok_or_else(bad)?);
        Ok(())
    }

    fn digits(&mut self, count: usize, radix: u32) -> Option<u32> {
        let digits = self.rest().get(..count).filter(|d| !d.starts_with('+'))?;
        let value = u32::from_str_radix(digits, radix).ok()?;
        self.pos += count;
        Some(value)
    }
}
