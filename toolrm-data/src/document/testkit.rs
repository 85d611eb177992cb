//! A page as a browser reads it, and what no page may have, for tests: of this crate, and of crates that write documents with it. Being for
//! tests, this module may panic.

#![allow(clippy::panic, clippy::missing_panics_doc, clippy::indexing_slicing, reason = "a test that fails panics")]

use std::collections::HashSet;

use html5ever::{parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// Everything that ends a text, an attribute, a script or a comment, and what runs where it is let out of one.
pub const HOSTILE: &str = "</script></style><script>alert(1)</script><img src=x onerror=alert(1)> \" onload=\"a' --><!-- ]]> <svg/onload=x> \
                       {{ nonce }} {% raw %} $x$ | ` </table></details> &lt; \u{202e} javascript:x https://example.org/x \u{0}\u{1b}";

/// All elements of a page, in their order.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// Each before those in it.
    pub elements: Vec<Element>,
}

/// An element.
#[derive(Debug)]
#[non_exhaustive]
pub struct Element {
    /// Its name: `td`.
    pub name: String,
    /// Its attributes with their values.
    pub attributes: Vec<(String, String)>,
    /// All text in it.
    pub text: String,
    /// The places of the elements it is in.
    above: Vec<usize>,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }
}

impl Page {
    /// Reads a page, which a browser must have nothing to say against: tags that are not closed, characters that are not allowed.
    pub fn read(source: &str) -> Self {
        let document = parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(source);
        assert!(document.errors.borrow().is_empty(), "{:?}", document.errors.borrow());
        let mut page = Self { elements: Vec::new() };
        page.take(&document.document, &mut Vec::new());
        page
    }

    fn take(&mut self, node: &Handle, above: &mut Vec<usize>) {
        let is_element = match &node.data {
            NodeData::Element { name, attrs, .. } => {
                let attrs = attrs.borrow();
                let attributes = attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
                let (name, text) = (name.local.to_string(), String::new());
                self.elements.push(Element { name, attributes, text, above: above.clone() });
                above.push(self.elements.len() - 1);
                true
            }
            NodeData::Text { contents } => {
                for &place in above.iter() {
                    self.elements[place].text.push_str(&contents.borrow());
                }
                false
            }
            _ => false,
        };
        node.children.borrow().iter().for_each(|child| self.take(child, above));
        if is_element {
            above.pop();
        }
    }

    /// The elements of a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// Whether an element is in one of which something holds.
    pub fn is_in(&self, element: &Element, holds: impl Fn(&Element) -> bool) -> bool {
        element.above.iter().any(|&place| holds(&self.elements[place]))
    }

    /// The elements of this name and class in that one.
    pub fn in_section<'a>(&'a self, section: &str, name: &'a str, class: Option<&str>) -> Vec<&'a Element> {
        let in_section = |element: &&Element| self.is_in(element, |above| above.attribute("id") == Some(section));
        self.named(name).filter(|e| class.is_none() || e.attribute("class") == class).filter(in_section).collect()
    }

    /// Fails on what no page may have, whatever it shows: elements and attributes that load or run something, ids that stand twice or
    /// nowhere. It must have so many scripts of its own.
    pub fn assert_is_harmless(&self, scripts: usize) {
        let of_pictures =
            ["clipPath", "circle", "defs", "g", "line", "path", "polygon", "polyline", "rect", "svg", "text"]
                .as_slice();
        for element in &self.elements {
            let name = element.name.as_str();
            assert!(
                !self.is_in(element, |above| above.name == "svg") || of_pictures.contains(&name),
                "<{name}> in a picture"
            );
            assert!(!["img", "iframe", "object", "embed", "link", "base", "image", "use"].contains(&name), "<{name}>");
            for (attribute, value) in &element.attributes {
                assert!(
                    !attribute.starts_with("on") && attribute != "style" && attribute != "src",
                    "{attribute}={value}"
                );
                assert!(attribute != "href" || value.starts_with('#'), "{attribute}={value}");
                assert!(!value.contains("url(") || value.starts_with("url(#clip-"), "{attribute}={value}");
            }
        }
        assert_eq!(
            (self.named("script").count(), self.named("style").count(), self.named("h1").count()),
            (scripts, 1, 1)
        );
        let ids: Vec<_> = self.elements.iter().filter_map(|element| element.attribute("id")).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "an id twice");
        for element in &self.elements {
            let named = element.attribute("aria-labelledby").into_iter().flat_map(|ids| ids.split(' '));
            let linked = element.attribute("href").map(|link| link.trim_start_matches('#'));
            assert!(named.chain(linked).all(|id| ids.contains(&id)), "{element:?} names nothing");
        }
    }
}
