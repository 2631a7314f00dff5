//! Reads single fields of a catalogue file: texts, switches, addresses and sections.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::Text;
use super::parser::CatalogueParser;
use convoke_core::web_address;

const LANGUAGES: [&str; 2] = ["en", "ru"];

/// How alike (Jaro-Winkler, from 0 to 1) a known field must be to be suggested.
const ALIKE: f64 = 0.8;

impl CatalogueParser<'_> {
    /// The entry's table, or an error that names the section to write.
    pub(super) fn table<'a>(
        &mut self,
        entry: &'a Spanned<DeValue<'a>>,
        section: &str,
    ) -> Option<&'a DeTable<'a>> {
        let table = entry.get_ref().as_table();
        if table.is_none() {
            let message = format!(
                "There is {} where a section belongs. Write a {section} section.",
                kind(entry.get_ref())
            );
            self.error(entry.span().start, message);
        }
        table
    }

    /// The entries of a repeated section, or none and an error.
    pub(super) fn sections<'a>(
        &mut self,
        value: &'a Spanned<DeValue<'a>>,
        section: &str,
    ) -> impl Iterator<Item = &'a Spanned<DeValue<'a>>> + use<'a> {
        let array: Option<&DeArray> = value.get_ref().as_array();
        if array.is_none() {
            let message = format!(
                "There is {} where several sections can stand. Begin each with [[{section}]], in double brackets.",
                kind(value.get_ref())
            );
            self.error(value.span().start, message);
        }
        array.into_iter().flat_map(|array| array.iter())
    }

    /// Reports each unknown field, with the most similar known one.
    pub(super) fn reject_unknown_fields(&mut self, table: &DeTable, known: &[&str], owner: &str) {
        for name in table.keys() {
            let word: &str = name.get_ref();
            if known.contains(&word) {
                continue;
            }
            let remedy = match closest(word, known) {
                Some(close) => format!("Did you mean `{close}`?"),
                None => format!("Remove it, or use one of: {}.", known.join(", ")),
            };
            let message = format!(
                "`{}` is not a field of {owner}. {remedy}",
                word.escape_debug()
            );
            self.error(name.span().start, message);
        }
    }

    /// A text that must be there, with its offset.
    pub(super) fn required_string<'a>(
        &mut self,
        table: &'a DeTable,
        field: &str,
        owner: &str,
        at: usize,
    ) -> Option<(&'a str, usize)> {
        if !table.contains_key(field) {
            self.missing(at, format!("`{field}` is missing in {owner}. Add it."));
        }
        self.optional_string(table, field, owner)
    }

    /// A text that may be there, with its offset.
    pub(super) fn optional_string<'a>(
        &mut self,
        table: &'a DeTable,
        field: &str,
        owner: &str,
    ) -> Option<(&'a str, usize)> {
        let value = table.get(field)?;
        let at = value.span().start;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_kind(value, field, owner, "a text in quotes");
        }
        text.map(|text| (text, at))
    }

    /// A `true` or `false` that may be there.
    pub(super) fn boolean(&mut self, table: &DeTable, field: &str, owner: &str) -> Option<bool> {
        let value = table.get(field)?;
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.wrong_kind(value, field, owner, "true or false, without quotes");
        }
        boolean
    }

    /// One of several words that may be there, as what it stands for.
    pub(super) fn choice<T: Copy>(
        &mut self,
        table: &DeTable,
        field: &str,
        owner: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let (word, at) = self.optional_string(table, field, owner)?;
        let choice = choices.iter().find(|(name, _)| *name == word);
        if choice.is_none() {
            let names: Vec<String> = choices
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            let message = format!(
                "`{field}` of {owner} is `{}`. Write one of: {}.",
                word.escape_debug(),
                names.join(", ")
            );
            self.error(at, message);
        }
        choice.map(|(_, value)| *value)
    }

    /// Texts that may be there, one or a list, with their offsets.
    pub(super) fn strings<'a>(
        &mut self,
        table: &'a DeTable<'a>,
        field: &str,
        owner: &str,
    ) -> Vec<(&'a str, usize)> {
        let Some(value) = table.get(field) else {
            return Vec::new();
        };
        let one = std::slice::from_ref(value);
        let values = value
            .get_ref()
            .as_array()
            .map_or(one, |array| array.as_ref());
        let mut texts = Vec::new();
        for value in values {
            match value.get_ref().as_str() {
                Some(text) => texts.push((text, value.span().start)),
                None => self.wrong_kind(value, field, owner, "texts in quotes, in a list"),
            }
        }
        texts
    }

    /// A name or description: one text, or a table with one for each language.
    pub(super) fn localized_text(
        &mut self,
        table: &DeTable,
        field: &str,
        owner: &str,
        at: usize,
    ) -> Text {
        let nothing = Text::from("");
        let Some(value) = table.get(field) else {
            self.missing(at, format!("`{field}` is missing in {owner}. Add it."));
            return nothing;
        };
        let name = format!("`{field}` of {owner}");
        match value.get_ref() {
            DeValue::String(text) => {
                self.check_localized_text(text, &name, value.span().start);
                Text::from(text.as_ref())
            }
            DeValue::Table(texts) => {
                self.reject_unknown_fields(texts, &LANGUAGES, &name);
                let [en, ru] = LANGUAGES.map(|language| {
                    let (text, at) = self.optional_string(texts, language, &name)?;
                    self.check_localized_text(text, &format!("`{language}` of {name}"), at);
                    Some(text)
                });
                if !LANGUAGES.iter().any(|known| texts.contains_key(*known)) {
                    let message = format!("{name} has no text. Add one, such as `en = \"…\"`.");
                    self.missing(value.span().start, message);
                }
                Text {
                    en: en.or(ru).unwrap_or_default().to_owned(),
                    ru: ru.or(en).unwrap_or_default().to_owned(),
                }
            }
            _ => {
                let wanted = "a text in quotes, or { en = \"…\", ru = \"…\" }";
                self.wrong_kind(value, field, owner, wanted);
                nothing
            }
        }
    }

    /// An absolute http or https address that may be there.
    pub(super) fn url(&mut self, table: &DeTable, field: &str, owner: &str) -> Option<String> {
        let (url, at) = self.optional_string(table, field, owner)?;
        if web_address::parse(url).is_none() {
            let message = format!(
                "`{field}` of {owner} is `{}`, which is not a web address. Write a whole one, such as `https://app.example.com/`, or remove the line.",
                url.escape_debug()
            );
            self.error(at, message);
        }
        Some(url.to_owned())
    }

    fn check_localized_text(&mut self, text: &str, name: &str, at: usize) {
        if text.trim().is_empty() {
            self.error(at, format!("{name} is empty. Write a text."));
        } else if text.chars().any(char::is_control) {
            let message = format!(
                "{name} has a line break, tab or other control character. Write it as one line."
            );
            self.error(at, message);
        }
    }

    fn wrong_kind(&mut self, value: &Spanned<DeValue>, field: &str, owner: &str, wanted: &str) {
        let actual = kind(value.get_ref());
        let message = format!("`{field}` of {owner} is {actual}. Write {wanted}.");
        self.error(value.span().start, message);
    }
}

/// How a message names a product or role: by its key where there is one.
pub(super) fn label(noun: &str, table: &DeTable) -> String {
    match table.get("key").and_then(|key| key.get_ref().as_str()) {
        Some(key) => format!("the {noun} `{}`", key.escape_debug()),
        None => format!("this {noun}"),
    }
}

fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let alike = |other: &&str| strsim::jaro_winkler(word, other);
    let best = known
        .iter()
        .max_by(|a, b| alike(a).total_cmp(&alike(b)))
        .copied()?;
    (alike(&best) >= ALIKE).then_some(best)
}
