//! A chat template, rendered as transformers renders it with Jinja2: blocks trimmed, nothing escaped, Python's methods
//! on strings, `raise_exception`, a plain `tojson`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, context};
use minijinja_contrib::pycompat::unknown_method_callback;

use crate::text::template::strftime::LocalTime;
use crate::text::template::{ChatTemplate, TemplateError, python_json};

const NAME: &str = "chat template";

/// A template that was read.
pub struct Renderer {
    environment: Environment<'static>,
    special_tokens: Value,
}

impl Renderer {
    /// Reads a template. `now` is what one gets that asks for the date.
    ///
    /// # Errors
    /// When it is not Jinja, in words.
    pub fn new(template: &ChatTemplate, now: LocalTime) -> Result<Self, TemplateError> {
        let source = template.source.replace("\r\n", "\n").replace('\r', "\n");
        let mut environment = environment()?;
        // transformers 4.44 has no strftime_now. A template that copes with that gets what 4.44 gives it, which is
        // the same every day; one that does not would fail there, and gets what later versions give it.
        if !source.contains("strftime_now is defined") {
            environment.add_function("strftime_now", move |format: &str| now.format(format));
        }
        let source = without_generation_tags(&source).into_owned();
        environment.add_template_owned(NAME, source).map_err(|error| fault(&error))?;
        let named = template.special.iter().map(|(name, text)| (name.as_str(), Value::from(text.as_str())));
        let more = Some(&template.more_special).filter(|more| !more.is_empty());
        let more = more.map(|more| ("additional_special_tokens", Value::from_iter(more.iter().map(String::as_str))));
        let special_tokens: BTreeMap<&str, Value> = named.chain(more).collect();
        Ok(Self { environment, special_tokens: special_tokens.into() })
    }

    /// The prompt of one user message.
    ///
    /// # Errors
    /// When the template fails, in its own words.
    pub fn render(&self, content: &str) -> Result<String, TemplateError> {
        let message = context! { role => "user", content => content };
        let variables = context! {
            messages => [message],
            tools => (),
            documents => (),
            add_generation_prompt => true,
            ..self.special_tokens.clone()
        };
        let template = self.environment.get_template(NAME).map_err(|error| fault(&error))?;
        template.render(variables).map_err(|error| fault(&error))
    }
}

/// An environment like the one that transformers makes.
fn environment() -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| fault(&error))?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(print);
    environment.set_unknown_method_callback(unknown_method_callback);
    environment.add_filter("tojson", tojson);
    environment.add_function("raise_exception", |message: &str| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
    });
    Ok(environment)
}

/// Prints a value as Python's `str` does.
fn print(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text: Cow<'_, str> = match value.kind() {
        ValueKind::None => "None".into(),
        ValueKind::Bool if value.is_true() => "True".into(),
        ValueKind::Bool => "False".into(),
        _ => return write!(out, "{value}").map_err(Error::from),
    };
    out.write_str(&text).map_err(Error::from)
}

fn tojson(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let ensure_ascii: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    python_json::dumps(value, indent, ensure_ascii.unwrap_or(false))
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// `{% generation %}` only marks what the model wrote: its tags become an `if` that is always true, which keeps their
/// effect on the white space around them.
fn without_generation_tags(source: &str) -> Cow<'_, str> {
    if !source.contains("generation") {
        return source.into();
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start + 2);
        out.push_str(before);
        let Some(end) = tag.find("%}") else {
            rest = tag;
            continue;
        };
        let (inside, after) = tag.split_at(end);
        let word = inside.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        out.push_str(&match word {
            "generation" => inside.replacen(word, "if true", 1),
            "endgeneration" => inside.replacen(word, "endif", 1),
            _ => inside.to_owned(),
        });
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

/// The error in words, with its line, and with the reasons below it.
fn fault(error: &Error) -> TemplateError {
    let mut text = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    if let Some(line) = error.line() {
        text.push_str(&format!(" (line {line} of the template)"));
    }
    TemplateError(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: &str = "Pick \"these\" & <b>\n";

    fn render(source: &str) -> Result<String, TemplateError> {
        let special = [("bos_token", "<s>"), ("eos_token", "</s>")];
        let special = special.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        let template = ChatTemplate { source: source.to_owned(), special, ..ChatTemplate::default() };
        Renderer::new(&template, LocalTime { seconds: 951_782_400 })?.render(CONTENT)
    }

    /// Expected texts are those of transformers 4.44.1 with Jinja2 3.1.6.
    #[test]
    fn renders_as_transformers_does() {
        let cases = [
            (
                "{{ none }}|{{ true }}|{{ nothing }}|{{ 7 // 2 }} {{ 7 / 2 }}|{{ ['a', none] }}",
                "None|True||3 3.5|['a', None]",
            ),
            ("{{ bos_token }}{{ messages[0].role.upper() }}{{ eos_token }}{{ pad_token }}", "<s>USER</s>"),
            ("{{ messages[-1]['content'].strip().split(' ')[0] }}{{ 'x' * 3 }}{{ messages[1:] | length }}", "Pickxxx0"),
            (
                "{{ tools is none }}{{ documents is defined }}{{ add_generation_prompt }}{{ sep_token is defined }}",
                "TrueTrueTrueFalse",
            ),
            ("{{ messages[0] | tojson }}", "{\"role\": \"user\", \"content\": \"Pick \\\"these\\\" & <b>\\n\"}"),
            (
                "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
                "1",
            ),
            (
                "  {% if true %}  \n  a\n    {% endif %}   \n\n  {%- set x = 1 -%}  \n b {# c #} \n   {# d #}\n{{ x }}\n{{ x -}}   \n   {%+ if x %}\n  q\n{% endif +%}\nend\r\n\n",
                "  \n  a\nb  \n1\n1  q\n\nend\n",
            ),
            (
                "{% generation %}a{% endgeneration %}\n  {%- generation -%}  z  {%- endgeneration -%}  \n  {% generation %}\n w\n  {% endgeneration %}\nq",
                "az w\nq",
            ),
        ];
        for (source, expected) in cases {
            assert_eq!(render(source).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn the_date_is_given_where_the_template_cannot_do_without() {
        assert_eq!(render("{{ strftime_now('%d %b %Y') }}").as_deref(), Ok("29 Feb 2000"));
        let guarded = "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% else %}26 Jul 2024{% endif %}";
        assert_eq!(render(guarded).as_deref(), Ok("26 Jul 2024"));
    }

    #[test]
    fn errors_are_the_templates_own_words() {
        let words = |source| render(source).expect_err("an error").to_string();
        let raised = words("\n{{ raise_exception('roles must alternate') }}");
        assert_eq!(raised, "roles must alternate (line 2 of the template)");
        assert!(words("{% if %}").contains("line 1"));
        assert!(words("{{ messages[0].nothing.at_all }}").contains("undefined"));
    }
}
