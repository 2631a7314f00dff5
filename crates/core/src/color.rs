//! One color of an operator's, and the colors that go with it, readable in light and dark (WCAG 2.2, contrast).

use std::fmt;

/// A color of the screen (sRGB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// The color of an installation without one of its own, as `assets/css/base.css` has it.
pub const DEFAULT_BRAND_COLOR: Color = Color([0x34, 0x51, 0xd1]);
const WHITE: Color = Color([255, 255, 255]);
const BLACK: Color = Color([0, 0, 0]);
/// The backgrounds of pages and cards, as in `assets/css/base.css`.
const LIGHT_PAGE: Color = Color([0xf5, 0xf7, 0xf9]);
const DARK_CARD: Color = Color([0x16, 0x1a, 0x20]);

/// Text needs this contrast (WCAG 1.4.3).
const TEXT: f64 = 4.5;
/// Buttons and other parts need this contrast (WCAG 1.4.11).
const PART: f64 = 3.0;

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl Color {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, r, g, b] = number.to_be_bytes();
        Some(Self([r, g, b]))
    }

    /// How light it is (WCAG, relative luminance), from 0 to 1.
    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        let [r, g, b] = linear;
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// The contrast between two colors, from 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The same with so many hundredths of another in it.
    fn mix(self, other: Self, hundredths: u16) -> Self {
        let mut mixed = self.0;
        for (part, with) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*part) * (100 - hundredths) + u16::from(with) * hundredths;
            *part = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// The nearest one towards `end` with at least this contrast to each background.
    fn adjust_for_contrast(self, end: Self, least: f64, grounds: &[Self]) -> Self {
        let stands_out = |color: &Self| {
            grounds
                .iter()
                .all(|ground| color.contrast(*ground) >= least)
        };
        (0..=100)
            .map(|hundredths| self.mix(end, hundredths))
            .find(stands_out)
            .unwrap_or(end)
    }

    /// The color of text on it.
    #[must_use]
    pub fn text(self) -> Self {
        if WHITE.contrast(self) >= BLACK.contrast(self).min(TEXT) {
            WHITE
        } else {
            BLACK
        }
    }
}

/// Why a color cannot be a brand color.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "{color} is too light: its contrast to a white page is {ratio:.2} to 1, and buttons need 3 to 1. \
     The nearest darker one that does is {instead}"
)]
pub struct LowContrast {
    color: Color,
    ratio: f64,
    instead: Color,
}

/// The colors of a brand as a stylesheet's custom properties, each for light and dark.
///
/// # Errors
/// When the contrast of the color to a white page is too low for buttons.
pub fn brand_style(color: Color) -> Result<String, LowContrast> {
    let ratio = color.contrast(WHITE);
    if ratio < PART {
        return Err(LowContrast {
            color,
            // Rounded up it could read as if it were enough.
            ratio: (ratio * 100.0).floor() / 100.0,
            instead: color.adjust_for_contrast(BLACK, PART, &[WHITE]),
        });
    }
    let dark = color.adjust_for_contrast(WHITE, PART, &[DARK_CARD]);
    let badge = [WHITE.mix(color, 12), DARK_CARD.mix(dark, 28)];
    let [light_badge, dark_badge] = badge;
    let pairs = [
        ("brand", color, dark),
        ("brand-over", color.mix(BLACK, 18), dark.mix(BLACK, 18)),
        ("on-brand", color.text(), dark.text()),
        (
            "link",
            color.adjust_for_contrast(BLACK, TEXT, &[WHITE, LIGHT_PAGE]),
            color.adjust_for_contrast(WHITE, TEXT, &[DARK_CARD]),
        ),
        ("badge", light_badge, dark_badge),
        (
            "on-badge",
            color.adjust_for_contrast(BLACK, TEXT, &[light_badge]),
            color.adjust_for_contrast(WHITE, TEXT, &[dark_badge]),
        ),
    ];
    let properties =
        pairs.map(|(name, light, dark)| format!("--{name}:light-dark({light},{dark});"));
    Ok(format!(":root{{{}}}\n", properties.concat()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).unwrap()
    }

    #[test]
    fn contrasts_are_those_of_the_standard() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
        assert!((color("#777777").contrast(WHITE) - 4.48).abs() < 0.01);
        assert_eq!(Color::parse("red"), None);
        assert_eq!(Color::parse("#12345"), None);
        assert_eq!(color("#A0b1C2").to_string(), "#a0b1c2");
    }

    #[test]
    fn rejects_a_color_without_contrast_and_suggests_one() {
        let error = brand_style(color("#ffd200")).unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("#ffd200 is too light: its contrast to a white page is 1.45 to 1"),
            "{message}"
        );
        let nearly = brand_style(color("#959595")).unwrap_err().to_string();
        assert!(nearly.contains(" is 2.9"), "{nearly}");
        assert!(brand_style(error.instead).is_ok(), "{message}");
    }

    proptest! {
        #[test]
        fn accepted_colors_are_readable(r: u8, g: u8, b: u8) {
            let Ok(style) = brand_style(Color([r, g, b])) else { return Ok(()) };
            let of = |name: &str| {
                let (_, rest) = style.split_once(&format!("--{name}:light-dark(")).unwrap();
                let (light, rest) = rest.split_once(',').unwrap();
                [color(light), color(rest.split_once(')').unwrap().0)]
            };
            for mode in 0..2 {
                let ground = [WHITE, DARK_CARD][mode];
                let pair = |name: &str| of(name)[mode];
                prop_assert!(pair("on-brand").contrast(pair("brand")) >= TEXT);
                prop_assert!(pair("brand").contrast(ground) >= PART);
                prop_assert!(pair("link").contrast(ground) >= TEXT);
                prop_assert!(pair("on-badge").contrast(pair("badge")) >= TEXT);
            }
        }
    }
}
