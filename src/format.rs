//! Numbers as people read them: units beside them, digits that mean something, none finer than the clock.

/// A duration in ms, with three digits and the unit that suits it: "0.42 ms", "23.4 ms", "1.23 s", "2 min 05 s".
pub fn duration_ms(value_ms: f64) -> String {
    if !value_ms.is_finite() {
        return "–".into();
    }
    if value_ms < 1000.0 { format!("{} ms", digits(value_ms, 3)) } else { duration_s(value_ms / 1000.0) }
}

/// A duration in ms as a clock with this step can tell it: [`duration_ms`], but no finer.
pub fn duration_at_step(value_ms: f64, step_ms: f64) -> String {
    let decimals = decimals_for_step(step_ms);
    let coarse = value_ms.is_finite() && decimals_of(value_ms, 3) > decimals;
    if coarse { format!("{} ms", fixed(value_ms, decimals)) } else { duration_ms(value_ms) }
}

/// A duration in s, likewise.
pub fn duration_s(value_s: f64) -> String {
    if !value_s.is_finite() {
        return "–".into();
    }
    let whole = value_s.round().max(0.0) as u64;
    match whole {
        0..60 => format!("{} s", digits(value_s, 3)),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// A running clock: "0:07", "12:05", "1:02:05".
pub fn clock(value_s: f64) -> String {
    let whole = value_s.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A number with `significant` digits, thousands separated, never in exponent form.
pub fn digits(value: f64, significant: u32) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    fixed(value, decimals_of(value, significant))
}

fn decimals_of(value: f64, significant: u32) -> usize {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    (significant as i32 - 1 - magnitude).clamp(0, significant as i32) as usize
}

/// A number with so many decimals, thousands separated.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{rest}", grouped(whole))
}

/// A whole number, thousands separated.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(whole: &str) -> String {
    let mut out = String::with_capacity(whole.len() + whole.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A `YYYYmmdd-HHMMSS`, as results have it, with the marks that people read it by; anything else as it is.
pub fn date(stamp: &str) -> String {
    let part = |from: usize, to: usize| stamp.get(from..to).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let parts = (part(0, 4), part(4, 6), part(6, 8), part(9, 11), part(11, 13));
    match (parts, stamp.len()) {
        ((Some(year), Some(month), Some(day), Some(hour), Some(minute)), 15) => {
            format!("{year}-{month}-{day} {hour}:{minute}")
        }
        _ => stamp.to_owned(),
    }
}

/// Decimals of a time in ms that the clock's step allows, from 0 to 2.
pub fn decimals_for_step(step_ms: f64) -> usize {
    match step_ms {
        step if step > 0.0 && step <= 0.01 => 2,
        step if step > 0.5 => 0,
        _ => 1,
    }
}

/// A file's size: "512 B", "12.3 kB", "673 MB".
pub fn bytes(size: f64) -> String {
    match size {
        size if size < 1000.0 => format!("{size:.0} B"),
        size if size < 1e6 => format!("{} kB", digits(size / 1e3, 3)),
        size if size < 1e9 => format!("{} MB", digits(size / 1e6, 3)),
        size => format!("{} GB", digits(size / 1e9, 3)),
    }
}

/// "1 request", "1,000 requests".
pub fn plural(value: u64, one: &str) -> String {
    let s = if value == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_the_unit_that_suits_them() {
        let shown: Vec<String> =
            [0.0, 0.42, 23.44, 120.4, 999.0, 1234.0, 59_000.0, 125_000.0, 3_725_000.0].map(duration_ms).into();
        assert_eq!(
            shown,
            ["0.00 ms", "0.420 ms", "23.4 ms", "120 ms", "999 ms", "1.23 s", "59.0 s", "2 min 05 s", "1 h 02 min"]
        );
        assert_eq!(duration_ms(f64::NAN), "–");
    }

    #[test]
    fn numbers_are_grouped_and_never_exponents() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(fixed(-1234.5, 1), "-1,234.5");
        assert_eq!(digits(1e9, 3), "1,000,000,000");
        assert_eq!(digits(0.000_123, 3), "0.000");
        assert_eq!(plural(1, "request"), "1 request");
        assert_eq!(plural(2000, "request"), "2,000 requests");
    }

    #[test]
    fn no_time_is_finer_than_the_clock() {
        assert_eq!([0.005, 0.1, 1.0].map(decimals_for_step), [2, 1, 0]);
        assert_eq!([0.152, 23.44, 1234.0].map(|ms| duration_at_step(ms, 0.1)), ["0.2 ms", "23.4 ms", "1.23 s"]);
        assert_eq!(duration_at_step(0.1524, 0.005), "0.15 ms");
    }

    #[test]
    fn dates_are_read_where_they_are_dates() {
        assert_eq!(date("20260102-030405"), "2026-01-02 03:04");
        assert_eq!(["yesterday", "2026", "é0260102-03040"].map(date), ["yesterday", "2026", "é0260102-03040"]);
    }

    #[test]
    fn clocks_and_sizes() {
        assert_eq!([7.9, 725.0, 3725.0].map(clock), ["0:07", "12:05", "1:02:05"]);
        assert_eq!([512.0, 12_345.0, 673e6].map(bytes), ["512 B", "12.3 kB", "673 MB"]);
    }
}
