//! Python's `strftime` for chat templates that ask for today's date.

/// A moment on the wall clock of wherever the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LocalTime {
    /// Seconds since 1970-01-01 00:00 on that clock: Unix time plus the offset of the time zone.
    pub seconds: i64,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

impl LocalTime {
    /// As `datetime.strftime(format)`, in English. Codes that are not known stay as they are.
    pub(super) fn format(self, format: &str) -> String {
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some(code) => out.push_str(&self.code(code)),
                None => out.push('%'),
            }
        }
        out
    }

    fn code(self, code: char) -> String {
        let days = self.seconds.div_euclid(86_400);
        let second = self.seconds.rem_euclid(86_400);
        let (year, month, day) = civil(days);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let month_name = MONTHS[(month - 1) as usize];
        let day_name = DAYS[days.rem_euclid(7) as usize];
        match code {
            'Y' => year.to_string(),
            'y' => format!("{:02}", year.rem_euclid(100)),
            'm' => format!("{month:02}"),
            'd' => format!("{day:02}"),
            'e' => format!("{day:2}"),
            'B' => month_name.to_owned(),
            'b' | 'h' => month_name[..3].to_owned(),
            'A' => day_name.to_owned(),
            'a' => day_name[..3].to_owned(),
            'j' => format!("{:03}", days - first_of(year) + 1),
            'H' => format!("{hour:02}"),
            'I' => format!("{:02}", (hour + 11) % 12 + 1),
            'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            'M' => format!("{minute:02}"),
            'S' => format!("{:02}", second % 60),
            'F' => self.format("%Y-%m-%d"),
            'T' => self.format("%H:%M:%S"),
            '%' => "%".to_owned(),
            other => format!("%{other}"),
        }
    }
}

/// Days since 1970-01-01 of the first day of a year.
fn first_of(year: i64) -> i64 {
    let before = year - 1;
    let leap_days = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    365 * (year - 1970) + leap_days - 477
}

/// Year, month and day of a day since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // A guess that is never early, put right.
    let mut year = 1970 + days.div_euclid(365);
    while first_of(year) > days {
        year -= 1;
    }
    let february = if first_of(year + 1) - first_of(year) == 366 { 29 } else { 28 };
    let mut day = days - first_of(year);
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |seconds, format| LocalTime { seconds }.format(format);
        assert_eq!(at(0, "%d %b %Y, %A, %j"), "01 Jan 1970, Thursday, 001");
        assert_eq!(at(951_782_400, "%F %a"), "2000-02-29 Tue");
        assert_eq!(at(1_735_689_599, "%F %T %j %I %p"), "2024-12-31 23:59:59 366 11 PM");
        assert_eq!(at(4_102_444_800, "%-d|%%|%B %y"), "%-d|%|January 00");
        assert_eq!(at(-1, "%F"), "1969-12-31");
        assert_eq!(at(4_107_542_400, "%F"), "2100-03-01");
    }
}
