//! How marks look. A mark has a [`Role`], which is its colour, and a [`Look`], which is how it is drawn. Both are classes,
//! to which `style/chart.css` gives their meaning, so that a chart follows the page's light and dark; a file of its own
//! carries the same rules and [`literal_colours`].

/// Light or dark, for a chart that leaves the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on a white ground.
    Light,
    /// Light ink on a dark ground.
    Dark,
}

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// Titles and marks.
    #[default]
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
    /// Failures and limits.
    Bad,
    /// Waiting, in which the server has no part.
    Wait,
}

/// How a mark is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Look {
    /// Filled: bars, points.
    #[default]
    Fill,
    /// Filled faintly: the area below a line.
    Area,
    /// Filled so that what lies behind shows through: one of many points.
    Cloud,
    /// A line of data, 2 px.
    Line,
    /// A line of one pixel: axes, marks.
    Rule,
    /// A broken line of one pixel: limits.
    Dash,
    /// Text of 12 px.
    Label,
    /// Text of 14 px, bold.
    Title,
}

/// Role and look of a mark.
pub(super) type Paint = (Role, Look);

/// The rules of the charts' classes: how each look is drawn, and each role's colour as the page's custom property.
pub const STYLE: &str = include_str!("../../style/chart.css");

/// Each role's class, and its light and its dark colour, as `style/tokens.css` has them.
const ROLES: [(Role, &str, &str, &str); 8] = [
    (Role::Ink, "c-ink", "#13211f", "#e4eeeb"),
    (Role::Muted, "c-muted", "#51625e", "#9db1ac"),
    (Role::Grid, "c-grid", "#dfe6e4", "#263432"),
    (Role::First, "c-1", "#0d7280", "#63c5d0"),
    (Role::Second, "c-2", "#c05f00", "#f0a955"),
    (Role::Third, "c-3", "#2c7a4b", "#7fd3a2"),
    (Role::Bad, "c-bad", "#c02626", "#ff8077"),
    (Role::Wait, "c-wait", "#b3bfbb", "#4c5f5b"),
];

impl Role {
    /// Its class.
    pub(super) fn class(self) -> &'static str {
        ROLES[self as usize].1
    }
}

impl Look {
    /// Its class.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Fill => "as-fill",
            Self::Area => "as-area",
            Self::Cloud => "as-cloud",
            Self::Line => "as-line",
            Self::Rule => "as-rule",
            Self::Dash => "as-dash",
            Self::Label => "as-label",
            Self::Title => "as-title",
        }
    }
}

/// The background of a chart that leaves the page.
pub(super) fn ground(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "#ffffff",
        Theme::Dark => "#141d1c",
    }
}

/// Rules that give every role its colour in this theme, for behind [`STYLE`].
pub(super) fn literal_colours(theme: Theme) -> String {
    let rule = |(_, class, light, dark): &(Role, &str, &str, &str)| {
        let colour = if theme == Theme::Light { light } else { dark };
        format!("svg.chart .{class}{{color:{colour}}}\n")
    };
    ROLES.iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_rule_and_the_pages_colours() {
        let page = include_str!("../../style/tokens.css");
        for (place, (role, class, light, dark)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, place);
            let property = class.replacen("c-", "--chart-", 1);
            assert!(STYLE.contains(&format!("svg.chart .{class} {{ color: var({property}); }}")), "{class}");
            assert!(page.contains(&format!("{property}: light-dark({light}, {dark});")), "{property}");
        }
        for theme in [Theme::Light, Theme::Dark] {
            assert!(page.contains(ground(theme)), "{theme:?}");
        }
    }

    #[test]
    fn every_look_has_a_rule() {
        let looks = [Look::Fill, Look::Area, Look::Cloud, Look::Line, Look::Rule, Look::Dash, Look::Label, Look::Title];
        for look in looks {
            assert!(STYLE.contains(&format!("svg.chart .{} {{", look.class())), "{look:?}");
        }
    }
}
