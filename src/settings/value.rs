//! The types that a setting may have, each from and to the text of a URL or an input field.

use serde::{Deserialize, Serialize};

/// What kind of input a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A line of text.
    Text,
    /// Lines of text; the flag may repeat.
    Texts,
    /// A whole number.
    Whole,
    /// A number; `inf` is one.
    Number,
    /// On or off.
    Switch,
    /// One of a few words: (word, label).
    Choice(&'static [(&'static str, &'static str)]),
}

/// A setting's value.
pub trait Value {
    /// The kind of input.
    const KIND: Kind;
    /// Takes the value from text (trimmed). The error is a sentence's end: "must be a whole number".
    fn set(&mut self, text: &str) -> Result<(), String>;
    /// The value as text: none when unset, several when it repeats.
    fn show(&self) -> Vec<String>;
}

macro_rules! parsed {
    ($($type:ty: $kind:expr, $must:literal;)*) => { $(
        impl Value for $type {
            const KIND: Kind = $kind;
            fn set(&mut self, text: &str) -> Result<(), String> {
                *self = text.parse().map_err(|_| format!("must be {}, not {text:?}", $must))?;
                Ok(())
            }
            fn show(&self) -> Vec<String> {
                vec![self.to_string()]
            }
        }
    )* };
}

parsed! {
    u16: Kind::Whole, "a whole number from 0 to 65535";
    u32: Kind::Whole, "a whole number from 0 to 4294967295";
    i64: Kind::Whole, "a whole number";
    BackendKind: Kind::Choice(BackendKind::CHOICES), "one of the backends that the page lists";
    DatasetName: Kind::Choice(DatasetName::CHOICES), "sharegpt, sonnet or random";
    LengthField: Kind::Choice(LengthField::CHOICES), "max_tokens, max_completion_tokens or none";
}

impl Value for f64 {
    const KIND: Kind = Kind::Number;
    fn set(&mut self, text: &str) -> Result<(), String> {
        match text.parse::<f64>() {
            Ok(number) if !number.is_nan() => *self = number,
            _ => return Err(format!("must be a number, not {text:?}")),
        }
        Ok(())
    }
    fn show(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl Value for String {
    const KIND: Kind = Kind::Text;
    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = text.to_owned();
        Ok(())
    }
    fn show(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl Value for bool {
    const KIND: Kind = Kind::Switch;
    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = match text {
            "" | "true" | "1" | "on" | "yes" => true,
            "false" | "0" | "off" | "no" => false,
            _ => return Err(format!("must be true or false, not {text:?}")),
        };
        Ok(())
    }
    fn show(&self) -> Vec<String> {
        vec![self.to_string()]
    }
}

impl<T: Value + Default> Value for Option<T> {
    const KIND: Kind = T::KIND;
    fn set(&mut self, text: &str) -> Result<(), String> {
        *self = if text.is_empty() {
            None
        } else {
            let mut value = T::default();
            value.set(text)?;
            Some(value)
        };
        Ok(())
    }
    fn show(&self) -> Vec<String> {
        self.as_ref().map(Value::show).unwrap_or_default()
    }
}

impl Value for Vec<String> {
    const KIND: Kind = Kind::Texts;
    fn set(&mut self, text: &str) -> Result<(), String> {
        if !text.is_empty() {
            self.push(text.to_owned());
        }
        Ok(())
    }
    fn show(&self) -> Vec<String> {
        self.clone()
    }
}

macro_rules! choices {
    ($(#[doc = $doc:literal])* $name:ident { $( $(#[doc = $vdoc:literal])* $variant:ident = $word:literal, $label:literal; )* }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $( $(#[doc = $vdoc])* #[serde(rename = $word)] $variant, )* }

        impl $name {
            /// (word, label) of each choice.
            pub const CHOICES: &'static [(&'static str, &'static str)] = &[ $( ($word, $label), )* ];
            /// Every choice.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];
            /// The word that a URL or a result says.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $( $word => Ok(Self::$variant), )* _ => Err(()) }
            }
        }
    };
}

pub(super) use choices;

choices! {
    /// The APIs that a server may speak: the reference's nine, and SGLang's own.
    BackendKind {
        /// Text Generation Inference.
        Tgi = "tgi", "TGI";
        /// Aphrodite, OpenAI completions.
        Aphrodite = "aphrodite", "Aphrodite (completions)";
        /// vLLM, OpenAI completions.
        Vllm = "vllm", "vLLM (completions)";
        /// LMDeploy, OpenAI completions.
        Lmdeploy = "lmdeploy", "LMDeploy (completions)";
        /// DeepSpeed-MII.
        DeepspeedMii = "deepspeed-mii", "DeepSpeed-MII";
        /// Any OpenAI-compatible completions API.
        Openai = "openai", "OpenAI completions";
        /// Any OpenAI-compatible chat API.
        OpenaiChat = "openai-chat", "OpenAI chat";
        /// TensorRT-LLM behind Triton.
        TensorrtLlm = "tensorrt-llm", "TensorRT-LLM (Triton)";
        /// ScaleLLM, OpenAI completions.
        Scalellm = "scalellm", "ScaleLLM (completions)";
        /// SGLang's own `/generate`.
        Sglang = "sglang", "SGLang (native)";
    }
}

choices! {
    /// Which field of a request carries its output length.
    LengthField {
        /// The backend's own name for it, `max_tokens` for most.
        MaxTokens = "max_tokens", "max_tokens (usual)";
        /// OpenAI's newer name, the only one that its reasoning models take.
        MaxCompletionTokens = "max_completion_tokens", "max_completion_tokens";
        /// No field: the server decides when to stop.
        None = "none", "none";
    }
}

choices! {
    /// The datasets that make prompts.
    DatasetName {
        /// Conversations, in ShareGPT's JSON.
        Sharegpt = "sharegpt", "ShareGPT conversations";
        /// Lines of a poem.
        Sonnet = "sonnet", "Sonnet (lines of a poem)";
        /// Random tokens.
        Random = "random", "Random tokens";
    }
}
