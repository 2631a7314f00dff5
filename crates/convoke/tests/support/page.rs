//! Parsed pages: visible text, CSS selectors, links and fields.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Node, Selector};

/// Elements whose text is not visible.
const INVISIBLE: [&str; 5] = ["head", "script", "style", "template", "noscript"];

/// Elements that do not start a new line.
const INLINE: [&str; 16] = [
    "a", "abbr", "b", "bdi", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub",
    "sup", "time", "wbr",
];

/// A parsed page.
pub struct Page {
    html: Html,
}

/// A field of a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// `type` of an input, otherwise the name of the element.
    pub kind: String,
    pub name: String,
    pub value: String,
    /// Of a checkbox, a radio button, or an option of a list.
    pub is_checked: bool,
}

impl Page {
    /// Parses a document.
    pub fn parse(text: &str) -> Self {
        Self {
            html: Html::parse_document(text),
        }
    }

    /// The visible text with single spaces. Closed dialogs and elements with the attribute
    /// `hidden` are not visible.
    pub fn text(&self) -> String {
        visible_text(self.html.root_element())
    }

    /// The title of the document.
    pub fn title(&self) -> String {
        let title = self.elements("title").next();
        title.map(visible_text).unwrap_or_default()
    }

    /// The elements that match a CSS selector.
    #[track_caller]
    pub fn elements(&self, css: &str) -> impl Iterator<Item = ElementRef<'_>> {
        let selector = Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error:?}"));
        let elements: Vec<ElementRef<'_>> = self.html.select(&selector).collect();
        elements.into_iter()
    }

    /// The visible texts of the elements that match a CSS selector.
    #[track_caller]
    pub fn select(&self, css: &str) -> Vec<String> {
        self.elements(css).map(visible_text).collect()
    }

    /// An attribute of every element that matches a CSS selector and has it.
    #[track_caller]
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let values = self.elements(css).filter_map(|element| element.attr(name));
        values.map(str::to_owned).collect()
    }

    /// Text and target of every link.
    pub fn links(&self) -> Vec<(String, String)> {
        let links = self.elements("a[href]");
        let parts = links.map(|link| {
            let target = link.attr("href").unwrap_or_default();
            (visible_text(link), target.to_owned())
        });
        parts.collect()
    }

    /// The only link target that starts with this.
    #[track_caller]
    pub fn link(&self, start: &str) -> String {
        let targets: BTreeSet<String> =
            self.links().into_iter().map(|(_, target)| target).collect();
        let mut targets = targets
            .into_iter()
            .filter(|target| target.starts_with(start));
        match (targets.next(), targets.next()) {
            (Some(target), None) => target,
            other => panic!("one link to {start} expected, not {other:?}"),
        }
    }

    /// Every field of a form, in order; of a list its options.
    pub fn fields(&self) -> Vec<Field> {
        let elements =
            self.elements("input[name], button[name], textarea[name], select[name] option");
        elements.map(field).collect()
    }

    /// The value of the only field with this name.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let mut fields = self.fields();
        fields.retain(|field| field.name == name);
        assert_eq!(fields.len(), 1, "one field {name} expected, not {fields:?}");
        fields.remove(0).value
    }

    /// The hidden fields of the forms.
    pub fn hidden_fields(&self) -> Vec<(String, String)> {
        let fields = self.fields().into_iter();
        let hidden = fields.filter(|field| field.kind == "hidden");
        hidden.map(|field| (field.name, field.value)).collect()
    }

    /// The choices with this value: checkboxes, radio buttons, options.
    pub fn choices(&self, value: &str) -> Vec<Field> {
        let mut fields = self.fields();
        fields.retain(|field| {
            field.value == value && ["checkbox", "radio", "option"].contains(&field.kind.as_str())
        });
        fields
    }
}

fn field(element: ElementRef<'_>) -> Field {
    let attribute = |name: &str| element.attr(name).unwrap_or_default().to_owned();
    let text = || element.text().collect::<String>();
    let tag = element.value().name();
    let list = element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .find(|ancestor| ancestor.value().name() == "select");
    Field {
        kind: match tag {
            "input" => attribute("type"),
            other => other.to_owned(),
        },
        name: match (tag, list) {
            ("option", Some(list)) => list.attr("name").unwrap_or_default().to_owned(),
            _ => attribute("name"),
        },
        value: match tag {
            "textarea" => text(),
            "option" => element.attr("value").map_or_else(text, str::to_owned),
            _ => attribute("value"),
        },
        is_checked: element.attr("checked").is_some() || element.attr("selected").is_some(),
    }
}

fn visible_text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    push_text(element, &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn push_text(element: ElementRef<'_>, text: &mut String) {
    for child in element.children() {
        match child.value() {
            Node::Text(part) => text.push_str(part),
            Node::Element(_) => {
                let Some(child) = ElementRef::wrap(child) else {
                    continue;
                };
                let name = child.value().name();
                let is_closed = name == "dialog" && child.attr("open").is_none();
                if INVISIBLE.contains(&name) || is_closed || child.attr("hidden").is_some() {
                    continue;
                }
                let space = if INLINE.contains(&name) { "" } else { " " };
                text.push_str(space);
                push_text(child, text);
                text.push_str(space);
            }
            _ => {}
        }
    }
}
