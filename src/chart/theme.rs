//! The colours of charts: one custom property a role. plotters can only write literal colours, so each role is drawn
//! in a colour that nothing else uses, and the finished text gets the property in its place.

use plotters::style::RGBColor;

/// Light or dark, for a chart that leaves the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on a white ground.
    Light,
    /// Light ink on a dark ground.
    Dark,
}

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Titles and marks.
    Ink,
    /// Labels of axes.
    Muted,
    /// Lines behind the data.
    Grid,
    /// The first series.
    First,
    /// The second series.
    Second,
    /// The third series.
    Third,
    /// Failures.
    Bad,
    /// Waiting, where the server has no part in it.
    Wait,
}

/// Each role's custom property, its light and its dark colour, as in `style/tokens.css`.
const ROLES: [(Role, &str, &str, &str); 8] = [
    (Role::Ink, "--chart-ink", "#13211f", "#e4eeeb"),
    (Role::Muted, "--chart-muted", "#51625e", "#9db1ac"),
    (Role::Grid, "--chart-grid", "#dfe6e4", "#263432"),
    (Role::First, "--chart-1", "#0d7280", "#63c5d0"),
    (Role::Second, "--chart-2", "#c05f00", "#f0a955"),
    (Role::Third, "--chart-3", "#2c7a4b", "#7fd3a2"),
    (Role::Bad, "--chart-bad", "#c02626", "#ff8077"),
    (Role::Wait, "--chart-wait", "#b3bfbb", "#4c5f5b"),
];

impl Role {
    /// The colour that stands for the role until [`with_properties`].
    pub(super) fn colour(self) -> RGBColor {
        RGBColor(1, 254, self as u8)
    }
}

/// The ground of an exported chart.
fn ground(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "#ffffff",
        Theme::Dark => "#141d1c",
    }
}

fn property(name: &str, fallback: &str) -> String {
    format!("var({name}, {fallback})")
}

/// Puts the custom properties in place of the stand-in colours.
pub(super) fn with_properties(svg: &str) -> String {
    ROLES.iter().fold(svg.to_owned(), |svg, (role, name, light, _)| {
        let RGBColor(r, g, b) = role.colour();
        svg.replace(&format!("#{r:02X}{g:02X}{b:02X}"), &property(name, light))
    })
}

/// A chart as a file of its own: literal colours, a ground, and the namespace. For `.svg` downloads, for reports, and
/// for drawing on a canvas.
pub fn export(svg: &str, theme: Theme) -> String {
    let literal = ROLES.iter().fold(svg.to_owned(), |svg, (_, name, light, dark)| {
        svg.replace(&property(name, light), if theme == Theme::Light { light } else { dark })
    });
    let ground = format!(r#"<rect width="100%" height="100%" fill="{}"/>"#, ground(theme));
    literal.replacen("</desc>", &format!("</desc>{ground}"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_are_the_pages() {
        let page = include_str!("../../style/tokens.css");
        for (_, name, light, dark) in ROLES {
            assert!(page.contains(&format!("{name}: light-dark({light}, {dark});")), "{name}");
        }
        for theme in [Theme::Light, Theme::Dark] {
            assert!(page.contains(ground(theme)), "{theme:?}");
        }
    }
}
