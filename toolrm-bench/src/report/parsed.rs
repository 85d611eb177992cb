//! A page as a browser reads it, for tests.

use html5ever::{parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// All elements of a page, in their order.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) elements: Vec<Element>,
}

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// All text in it.
    pub(super) text: String,
    /// The places of the elements it is in.
    above: Vec<usize>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }
}

impl Page {
    /// Reads a page, which a browser must have nothing to say against: tags that are not closed, characters that are not allowed.
    pub(super) fn read(source: &str) -> Self {
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

    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    /// Whether an element is in one of which something holds.
    pub(super) fn is_in(&self, element: &Element, holds: impl Fn(&Element) -> bool) -> bool {
        element.above.iter().any(|&place| holds(&self.elements[place]))
    }

    /// The elements of this name and class in that one.
    pub(super) fn in_section<'a>(&'a self, section: &str, name: &'a str, class: Option<&str>) -> Vec<&'a Element> {
        let in_section = |element: &&Element| self.is_in(element, |above| above.attribute("id") == Some(section));
        self.named(name).filter(|e| class.is_none() || e.attribute("class") == class).filter(in_section).collect()
    }
}
