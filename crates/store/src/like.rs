//! Patterns for `like … escape '\\'`. An empty one matches every text.

/// Matches texts with `part` in them.
pub(crate) fn contains(part: &str) -> String {
    if part.is_empty() {
        return String::new();
    }
    format!("%{}%", escape(part))
}

/// The text with the special characters of patterns escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Matches canonical addresses with `part` in them. Labels of domains in other letters than a to z are stored as `xn--`,
/// their letters of a to z in order, and a code (RFC 3492), so they match when these letters are there: what matches is
/// compared with the readable address after it is read.
pub(crate) fn contains_email(part: &str) -> String {
    let part = part.to_lowercase();
    if part.is_ascii() {
        return contains(&part);
    }
    let label = |label: &str| {
        if label.is_ascii() {
            return escape(label);
        }
        let letters: String = label.chars().filter(char::is_ascii).collect();
        format!("xn--%{}%", escape(&letters))
    };
    let domain_start = part.rfind('@').map_or(0, |at| at + 1);
    let (local, domain) = part.split_at(domain_start);
    let labels: Vec<String> = domain.split('.').map(label).collect();
    format!("%{}{}%", escape(local), labels.join("."))
}

/// Matches stored roles with this one among them. Keys are in upper case; `like` would not mind that on SQLite, and does on
/// PostgreSQL.
pub(crate) fn has_role(role: &str) -> String {
    if role.is_empty() {
        String::new()
    } else if role.chars().any(char::is_lowercase) {
        // Stored roles are matched between spaces, so this matches none.
        "-".to_owned()
    } else {
        contains(&format!(" {role} "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_of_patterns_stand_for_themselves() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
        assert_eq!(contains(""), "");
    }

    #[test]
    fn labels_in_other_letters_match_by_their_ascii_letters() {
        assert_eq!(contains_email("Bob@X.io"), "%bob@x.io%");
        assert_eq!(contains_email("B\u{fc}cher"), "%xn--%bcher%%");
        assert_eq!(contains_email("u@b\u{fc}cher.ex"), "%u@xn--%bcher%.ex%");
        assert_eq!(contains_email("\u{440}\u{444}"), "%xn--%%%");
        assert_eq!(contains_email(""), "");
    }

    #[test]
    fn a_role_is_matched_whole() {
        assert_eq!(has_role("DEVELOPER"), "% DEVELOPER %");
        assert_eq!(has_role("developer"), "-");
        assert_eq!(has_role(""), "");
    }
}
