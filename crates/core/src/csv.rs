//! Rows of comma-separated values for exports.

/// Appends one row, ended by CRLF and quoted where needed (RFC 4180); cells that a spreadsheet would
/// run as a formula get a leading apostrophe (rule 15).
pub fn write_row(out: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_cell(out, cell);
    }
    out.push_str("\r\n");
}

fn write_cell(out: &mut String, cell: &str) {
    let apostrophe = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    if cell.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(apostrophe);
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(apostrophe);
        out.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::write_row;

    fn row(cells: &[&str]) -> String {
        let mut out = String::new();
        write_row(&mut out, cells);
        out
    }

    /// Parses one row according to RFC 4180, apostrophes included.
    fn read(row: &str) -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        let mut chars = row.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(c) = chars.next() {
            let cell = cells.last_mut().unwrap();
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    cell.push('"');
                    chars.next();
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                other => cell.push(other),
            }
        }
        assert!(!quoted);
        cells
    }

    #[test]
    fn rows_end_with_crlf_and_plain_cells_stay_bare() {
        assert_eq!(row(&["a", "", "b c"]), "a,,b c\r\n");
        assert_eq!(row(&[]), "\r\n");
    }

    #[test]
    fn rows_append_to_what_is_there() {
        let mut out = String::from("head\r\n");
        write_row(&mut out, &["1", "2"]);
        assert_eq!(out, "head\r\n1,2\r\n");
    }

    #[test]
    fn commas_quotes_and_line_breaks_are_quoted() {
        assert_eq!(
            row(&["a,b", "say \"hi\"", "one\ntwo", "x\ry"]),
            "\"a,b\",\"say \"\"hi\"\"\",\"one\ntwo\",\"x\ry\"\r\n"
        );
    }

    #[test]
    fn formulas_are_neutralised() {
        assert_eq!(row(&["=1+1"]), "'=1+1\r\n");
        assert_eq!(row(&["+1", "-1", "@A1", "\tx"]), "'+1,'-1,'@A1,'\tx\r\n");
        assert_eq!(row(&["\rx"]), "\"'\rx\"\r\n");
        assert_eq!(
            row(&["=HYPERLINK(\"http://evil.example\",\"x\")"]),
            "\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"\r\n"
        );
    }

    #[test]
    fn signs_inside_a_cell_stay_as_they_are() {
        assert_eq!(row(&["a=b", "ana@x.io", "2-1"]), "a=b,ana@x.io,2-1\r\n");
    }

    proptest! {
        #[test]
        fn every_row_reads_back_as_written(cells in proptest::collection::vec(any::<String>(), 1..6)) {
            let parts: Vec<&str> = cells.iter().map(String::as_str).collect();
            let expected: Vec<String> = cells
                .iter()
                .map(|cell| {
                    let apostrophe = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                    format!("{}{cell}", if apostrophe { "'" } else { "" })
                })
                .collect();
            prop_assert_eq!(read(&row(&parts)), expected);
        }
    }
}
