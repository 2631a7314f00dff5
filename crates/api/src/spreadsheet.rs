//! A spreadsheet of texts (Office Open XML, `.xlsx`), written row by row to a stream: memory stays the same however many rows
//! there are. The ZIP archive is written by the `zip` library.
//!
//! Every cell is an inline string (ECMA-376 part 1, 18.3.1.53), so a spreadsheet program runs none of them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::CompressionMethod;
use zip::result::ZipResult;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

/// The media type of such a file.
pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The most rows of a sheet.
const MAX_ROWS: u32 = 1_048_576;

/// The longest text of a cell, in UTF-16 units; the rest is left out.
const MAX_CELL_LENGTH: usize = 32_767;

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

const CONTENT: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// What was written and not taken yet.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A spreadsheet that is being written.
pub(crate) struct Spreadsheet {
    zip: ZipWriter<StreamWriter<Output>>,
    output: Output,
    name: &'static str,
    titles: &'static [&'static str],
    /// How many sheets have begun.
    sheets: u32,
    /// How many rows the current one has.
    rows: u32,
}

impl Spreadsheet {
    /// A spreadsheet whose sheets are called `name` and begin with a row of titles.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub(crate) fn new(name: &'static str, titles: &'static [&'static str]) -> ZipResult<Self> {
        let output = Output::default();
        let mut spreadsheet = Self {
            zip: ZipWriter::new_stream(output.clone()),
            output,
            name,
            titles,
            sheets: 0,
            rows: 0,
        };
        spreadsheet.begin_sheet()?;
        Ok(spreadsheet)
    }

    /// Adds a row; a full sheet is followed by another one.
    ///
    /// # Errors
    /// As [`Spreadsheet::new`].
    pub(crate) fn write_row(&mut self, cells: &[String]) -> ZipResult<()> {
        if self.rows == MAX_ROWS {
            self.end_sheet()?;
            self.begin_sheet()?;
        }
        self.write_cells(cells.iter().map(String::as_str))
    }

    /// What was written since the last call.
    #[must_use]
    pub(crate) fn take(&self) -> Vec<u8> {
        self.output.take()
    }

    /// Ends the file and returns the rest of it.
    ///
    /// # Errors
    /// As [`Spreadsheet::new`].
    pub(crate) fn finish(mut self) -> ZipResult<Vec<u8>> {
        self.end_sheet()?;
        let name = self.name;
        let for_each_sheet = |part: &dyn Fn(u32) -> String| -> String {
            let parts: Vec<String> = (1..=self.sheets).map(part).collect();
            parts.concat()
        };
        let parts = for_each_sheet(&|number| {
            format!(
                "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{CONTENT}.worksheet+xml\"/>"
            )
        });
        let list = for_each_sheet(&|number| {
            let suffix = match number {
                1 => String::new(),
                further => format!(" {further}"),
            };
            format!("<sheet name=\"{name}{suffix}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>")
        });
        let targets = for_each_sheet(&|number| {
            format!(
                "<Relationship Id=\"rId{number}\" Type=\"{RELATIONS}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
            )
        });
        self.write_part("xl/workbook.xml", &format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets>{list}</sheets></workbook>"))?;
        self.write_part(
            "xl/_rels/workbook.xml.rels",
            &format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{targets}</Relationships>"),
        )?;
        self.write_part(
            "_rels/.rels",
            &format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        )?;
        self.write_part(
            "[Content_Types].xml",
            &format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{CONTENT}.sheet.main+xml\"/>{parts}</Types>"
            ),
        )?;
        self.zip.finish()?;
        Ok(self.output.take())
    }

    fn begin_sheet(&mut self) -> ZipResult<()> {
        self.sheets += 1;
        self.rows = 0;
        let path = format!("xl/worksheets/sheet{}.xml", self.sheets);
        self.zip.start_file(path, options())?;
        // The row of titles stays in view.
        write!(
            self.zip,
            "{XML}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" \
             topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>\
             <sheetFormatPr defaultRowHeight=\"15\"/><cols><col min=\"1\" max=\"{}\" width=\"24\" customWidth=\"1\"/></cols><sheetData>",
            self.titles.len()
        )?;
        self.write_cells(self.titles.iter().copied())
    }

    fn write_cells<'c>(&mut self, cells: impl Iterator<Item = &'c str>) -> ZipResult<()> {
        self.rows += 1;
        let number = self.rows.to_string();
        let mut xml = format!("<row r=\"{number}\">");
        for (column, text) in (0_u8..26).zip(cells) {
            if !text.is_empty() {
                let letter = char::from(b'A' + column);
                xml.push_str("<c r=\"");
                xml.push(letter);
                xml.push_str(&number);
                xml.push_str("\" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
                escape_into(&mut xml, text);
                xml.push_str("</t></is></c>");
            }
        }
        xml.push_str("</row>");
        self.zip.write_all(xml.as_bytes())?;
        Ok(())
    }

    fn end_sheet(&mut self) -> ZipResult<()> {
        self.zip.write_all(b"</sheetData></worksheet>")?;
        Ok(())
    }

    fn write_part(&mut self, path: &str, xml: &str) -> ZipResult<()> {
        self.zip.start_file(path, options())?;
        write!(self.zip, "{XML}{xml}")?;
        Ok(())
    }
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// Appends a text as the content of a cell.
fn escape_into(xml: &mut String, text: &str) {
    let mut length = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        length += c.len_utf16();
        if length > MAX_CELL_LENGTH {
            return;
        }
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            // A line break as such would be normalised.
            '\r' => xml.push_str("&#13;"),
            // Spreadsheet programs read `_x0041_` as an escaped character (ECMA-376 part 1, 22.9.2.19).
            '_' if is_escape(rest) => xml.push_str("_x005F_"),
            '\t' | '\n' => xml.push(c),
            // No characters of XML 1.0.
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            other => xml.push(other),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
}

/// Whether the text begins like `_x0041_`.
fn is_escape(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.by_ref().take(2).eq(*b"_x")
        && bytes.by_ref().take(4).filter(u8::is_ascii_hexdigit).count() == 4
        && bytes.next() == Some(b'_')
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;

    fn parts(file: Vec<u8>) -> Vec<(String, String)> {
        let mut archive = ZipArchive::new(Cursor::new(file)).unwrap();
        (0..archive.len())
            .map(|index| {
                let mut part = archive.by_index(index).unwrap();
                let mut text = String::new();
                part.read_to_string(&mut text).unwrap();
                (part.name().unwrap().into_owned(), text)
            })
            .collect()
    }

    fn written(rows: &[&[&str]]) -> Vec<u8> {
        let mut spreadsheet = Spreadsheet::new("Users", &["id", "name"]).unwrap();
        let mut file = Vec::new();
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
            spreadsheet.write_row(&cells).unwrap();
            file.extend(spreadsheet.take());
        }
        file.extend(spreadsheet.finish().unwrap());
        file
    }

    #[test]
    fn has_every_part_that_a_reader_needs() {
        let parts = parts(written(&[&["1", "Ana"]]));
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "xl/worksheets/sheet1.xml",
                "xl/workbook.xml",
                "xl/_rels/workbook.xml.rels",
                "_rels/.rels",
                "[Content_Types].xml"
            ]
        );
        assert!(
            parts[1]
                .1
                .contains("<sheet name=\"Users\" sheetId=\"1\" r:id=\"rId1\"/>")
        );
        assert!(
            parts[4]
                .1
                .contains("PartName=\"/xl/worksheets/sheet1.xml\"")
        );
    }

    #[test]
    fn cells_are_texts_that_nothing_runs() {
        let (_, sheet) = parts(written(&[&["=1+1", ""], &["", "a<b&\u{1}c_x0041_ _x"]])).remove(0);
        assert!(sheet.contains(
            "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t xml:space=\"preserve\">id</t></is></c>"
        ));
        assert!(sheet.contains(
            "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t xml:space=\"preserve\">=1+1</t></is></c></row>"
        ));
        assert!(sheet.contains(
            "<row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t xml:space=\"preserve\">a&lt;b&amp;\u{fffd}c_x005F_x0041_ _x</t>"
        ));
        assert!(!sheet.contains("<f>"));
    }

    #[test]
    fn long_texts_are_cut_and_long_lists_are_streamed() {
        let long = "ж".repeat(MAX_CELL_LENGTH + 5);
        let (_, sheet) = parts(written(&[&[long.as_str()]])).remove(0);
        assert_eq!(sheet.matches('ж').count(), MAX_CELL_LENGTH);
        let mut spreadsheet = Spreadsheet::new("Users", &["id"]).unwrap();
        let (mut most, mut whole) = (0, 0);
        for number in 0..50_000_u32 {
            spreadsheet
                .write_row(&[format!("{:x}", number.wrapping_mul(2_654_435_761))])
                .unwrap();
            let part = spreadsheet.take();
            most = most.max(part.len());
            whole += part.len();
        }
        assert!(whole > 200_000, "{whole}");
        assert!(most < 100_000, "{most}");
    }

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        let mut spreadsheet = Spreadsheet::new("Users", &["id"]).unwrap();
        spreadsheet.rows = MAX_ROWS;
        spreadsheet.write_row(&["next".to_owned()]).unwrap();
        let mut file = spreadsheet.take();
        file.extend(spreadsheet.finish().unwrap());
        let parts = parts(file);
        let (name, sheet) = &parts[1];
        assert_eq!(name, "xl/worksheets/sheet2.xml");
        assert!(sheet.contains("r=\"A1\"") && sheet.contains(">next<"));
        assert!(parts[2].1.contains("<sheet name=\"Users 2\" sheetId=\"2\""));
    }
}
