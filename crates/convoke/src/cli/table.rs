//! Listings: a table for people, or JSON for programs.

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::print_line;

/// Prints rows under these headings, or the items of a listing as one JSON object.
pub(super) fn print(as_json: bool, headings: &[&str], rows: Vec<Vec<String>>, items: &[Value]) {
    if as_json {
        print_line(&json!({ "items": items }).to_string());
        return;
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(headings.to_vec());
    for row in rows {
        table.add_row(row);
    }
    for line in table.lines() {
        print_line(line.trim());
    }
}

/// Prints labelled values, one a line, or one JSON object.
pub(super) fn print_one(as_json: bool, values: &[(&str, String)], item: &Value) {
    if as_json {
        print_line(&item.to_string());
        return;
    }
    let width = values
        .iter()
        .map(|(label, _)| label.len())
        .max()
        .unwrap_or(0);
    for (label, value) in values {
        print_line(&format!("{label:width$}  {value}"));
    }
}
