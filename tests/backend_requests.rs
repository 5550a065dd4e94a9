//! The requests that each kind of server is sent, against what the reference sends it.

use serde_json::{Value, json};
use streamgauge::backend::{
    EncodeError, ModelsError, authorization, default_endpoint, encode, error_text, key_problem, parse_models, targets,
    with_advice,
};
use streamgauge::settings::{BackendKind, Settings};

/// Settings for such a server at its usual path, with `fragment` on top.
fn settings(kind: BackendKind, fragment: &str) -> Settings {
    let (path, port) = default_endpoint(kind);
    let all = format!("backend={kind}&endpoint={path}&port={port}&model=m&{fragment}");
    Settings::from_fragment(&all).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn body(kind: BackendKind, fragment: &str) -> Value {
    let request =
        encode(&settings(kind, fragment), "Say \"hi\"\n", 7).unwrap_or_else(|error| panic!("{kind}: {error}"));
    serde_json::from_str(&request.body).expect("a JSON body")
}

fn refusal(kind: BackendKind, fragment: &str) -> String {
    encode(&settings(kind, fragment), "x", 7).expect_err("a refusal").to_string()
}

const COMPLETIONS: [BackendKind; 5] =
    [BackendKind::Aphrodite, BackendKind::Vllm, BackendKind::Lmdeploy, BackendKind::Openai, BackendKind::Scalellm];

#[test]
fn the_simulated_server_is_told_its_settings_and_no_other_server_is() {
    let headers = |settings: &Settings| encode(settings, "x", 7).expect("a request").headers;
    let simulated = Settings { simulated_itl_ms: 7.5, simulated_slots: 3, ..Settings::demo() };
    for (name, value) in [("x-simulated-itl-ms", "7.5"), ("x-simulated-slots", "3"), ("x-simulated-ttft-ms", "120")] {
        assert!(headers(&simulated).contains(&(name.into(), value.into())), "{name} in {:?}", headers(&simulated));
    }
    let own = Settings { simulated_server: false, ..simulated };
    assert_eq!(headers(&own), [("Content-Type".to_owned(), "application/json".to_owned())]);
}

#[test]
fn bodies_are_the_references() {
    for kind in COMPLETIONS {
        assert_eq!(
            body(kind, ""),
            json!({"model": "m", "prompt": "Say \"hi\"\n", "temperature": 0.0, "best_of": 1, "max_tokens": 7,
                "stream": true, "stream_options": {"include_usage": true}})
        );
    }
    assert_eq!(
        body(BackendKind::OpenaiChat, ""),
        json!({"model": "m", "messages": [{"role": "user", "content": "Say \"hi\"\n"}], "temperature": 0.0,
            "max_tokens": 7, "stream": true, "stream_options": {"include_usage": true}})
    );
    assert_eq!(
        body(BackendKind::Tgi, ""),
        json!({"inputs": "Say \"hi\"\n", "parameters": {"best_of": 1, "max_new_tokens": 7, "do_sample": true,
            "temperature": 0.01, "top_p": 0.99}})
    );
    assert_eq!(
        body(BackendKind::TensorrtLlm, ""),
        json!({"accumulate_tokens": true, "text_input": "Say \"hi\"\n", "temperature": 0.0, "top_p": 1.0,
            "max_tokens": 7, "stream": true})
    );
    assert_eq!(
        body(BackendKind::DeepspeedMii, ""),
        json!({"prompt": "Say \"hi\"\n", "max_tokens": 7, "temperature": 0.01, "top_p": 1.0})
    );
    assert_eq!(
        body(BackendKind::Sglang, ""),
        json!({"text": "Say \"hi\"\n", "sampling_params": {"temperature": 0.0, "max_new_tokens": 7}, "stream": true})
    );
}

#[test]
fn a_body_reads_in_the_references_order() {
    let request = encode(&settings(BackendKind::Openai, ""), "p", 7).unwrap();
    assert_eq!(
        request.body,
        r#"{"model":"m","prompt":"p","temperature":0.0,"best_of":1,"max_tokens":7,"stream":true,"stream_options":{"include_usage":true}}"#
    );
    assert_eq!(request.headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
}

#[test]
fn sampling_under_each_servers_names() {
    let set = "temperature=0.7&top-p=0.9&top-k=40&repetition-penalty=1.1&frequency-penalty=0.5";
    let completions =
        body(BackendKind::Vllm, &format!("{set}&min-p=0.05&presence-penalty=0.25&logprobs=3&ignore-eos&best-of=2"));
    assert_eq!(
        completions,
        json!({"model": "m", "prompt": "Say \"hi\"\n", "temperature": 0.7, "best_of": 2, "max_tokens": 7, "stream": true,
            "stream_options": {"include_usage": true}, "top_p": 0.9, "top_k": 40, "repetition_penalty": 1.1,
            "frequency_penalty": 0.5, "min_p": 0.05, "presence_penalty": 0.25, "logprobs": 3, "ignore_eos": true})
    );
    let chat = body(BackendKind::OpenaiChat, "logprobs=3&top-k=40");
    assert_eq!((&chat["logprobs"], &chat["top_logprobs"], &chat["top_k"]), (&json!(true), &json!(3), &json!(40)));
    let tgi = &body(BackendKind::Tgi, &format!("{set}&best-of=2&logprobs=3"))["parameters"];
    assert_eq!((&tgi["temperature"], &tgi["top_p"], &tgi["top_k"]), (&json!(0.7), &json!(0.9), &json!(40)));
    assert_eq!((&tgi["best_of"], &tgi["top_n_tokens"]), (&json!(2), &json!(3)));
    let triton = body(BackendKind::TensorrtLlm, &format!("{set}&ignore-eos"));
    assert_eq!(
        (&triton["top_p"], &triton["min_length"], &triton["end_id"]),
        (&json!(0.9), &json!(7), &json!(1_048_576))
    );
    let mii = body(BackendKind::DeepspeedMii, "top-p=0.5&temperature=1");
    assert_eq!((&mii["top_p"], &mii["temperature"]), (&json!(0.5), &json!(1.0)));
    let sglang = body(BackendKind::Sglang, &format!("{set}&ignore-eos&logprobs=2"));
    assert_eq!(sglang["sampling_params"]["ignore_eos"], json!(true));
    assert_eq!(sglang["sampling_params"]["min_p"], Value::Null);
    assert_eq!((&sglang["return_logprob"], &sglang["top_logprobs_num"]), (&json!(true), &json!(2)));
}

#[test]
fn the_extra_body_is_merged_last() {
    let extra = r#"extra-body={"temperature":0.5,"seed":1,"stream_options":{"continuous_usage_stats":true}}"#;
    let merged = body(BackendKind::Openai, &format!("temperature=0.9&{extra}"));
    assert_eq!((&merged["temperature"], &merged["seed"]), (&json!(0.5), &json!(1)));
    assert_eq!(merged["stream_options"], json!({"include_usage": true, "continuous_usage_stats": true}));
    let nested = body(BackendKind::Tgi, r#"extra-body={"parameters":{"seed":3}}"#);
    assert_eq!((&nested["parameters"]["seed"], &nested["parameters"]["top_p"]), (&json!(3), &json!(0.99)));
    let fields = |object: &Value| object.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>());
    let without = body(BackendKind::Openai, r#"extra-body={"best_of":null,"stream_options":null,"n":null}"#);
    let expected = ["model", "prompt", "temperature", "max_tokens", "stream"].map(str::to_owned);
    assert_eq!(fields(&without), Some(expected.to_vec()), "null removes, in the reference's order");
    let inner = body(BackendKind::Tgi, r#"extra-body={"parameters":{"top_p":null,"watermark":{"a":null,"b":1}}}"#);
    assert_eq!((&inner["parameters"]["top_p"], &inner["parameters"]["watermark"]), (&Value::Null, &json!({"b": 1})));
    assert_eq!(fields(&inner["parameters"]).map(|fields| fields.contains(&"top_p".to_owned())), Some(false));
    let renamed = body(BackendKind::OpenaiChat, r#"extra-body={"max_tokens":null,"max_completion_tokens":32}"#);
    assert_eq!((renamed.get("max_tokens"), &renamed["max_completion_tokens"]), (None, &json!(32)));
    let broken = Settings { extra_body: Some("{".into()), ..settings(BackendKind::Openai, "") };
    assert!(matches!(encode(&broken, "x", 1), Err(EncodeError::ExtraBody { .. })));
}

#[test]
fn the_length_goes_under_the_name_that_is_set_or_not_at_all() {
    let usual =
        |kind| if matches!(kind, BackendKind::Tgi | BackendKind::Sglang) { "max_new_tokens" } else { "max_tokens" };
    let length = |body: &Value, name: &str| {
        [body, &body["parameters"], &body["sampling_params"]].into_iter().find_map(|fields| fields.get(name).cloned())
    };
    for &kind in BackendKind::ALL {
        assert_eq!(length(&body(kind, "length-field=max_tokens"), usual(kind)), Some(json!(7)), "{kind}");
        let none = body(kind, "length-field=none");
        for name in ["max_tokens", "max_completion_tokens", "max_new_tokens"] {
            assert_eq!(length(&none, name), None, "{kind}");
        }
        let newer = settings(kind, "length-field=max_completion_tokens");
        if COMPLETIONS.contains(&kind) || kind == BackendKind::OpenaiChat {
            let newer = body(kind, "length-field=max_completion_tokens");
            assert_eq!((&newer["max_completion_tokens"], newer.get("max_tokens")), (&json!(7), None), "{kind}");
        } else {
            let error = encode(&newer, "x", 7).expect_err("a refusal");
            assert_eq!(error.key(), "length-field");
            assert!(
                error.to_string().starts_with("Length field (length-field) must be max_tokens or none for"),
                "{error}"
            );
        }
    }
    let errors = Settings::from_fragment("#length-field=max_length").expect_err("a refusal");
    assert!(errors[0].to_string().contains("must be max_tokens, max_completion_tokens or none"), "{errors:?}");
}

#[test]
fn a_refusal_says_which_setting_to_change() {
    let chat = settings(BackendKind::OpenaiChat, "");
    let completions = settings(BackendKind::Openai, "top-p=0.5");
    let tgi = settings(BackendKind::Tgi, "");
    let advice = |settings: &Settings, status, said: &str| with_advice(String::new(), settings, Some(status), said);
    for (settings, status, said, words) in [
        (
            &chat,
            400,
            "Unknown parameter: 'max_tokens'; use 'max_completion_tokens'.",
            "Length field (length-field) to max_completion_tokens",
        ),
        (&chat, 422, "body.temperature: only 1 is taken", "Change Temperature (temperature)"),
        (&chat, 400, "temperature is not a field of this model", r#"Extra body (extra-body): {"temperature":null}"#),
        (&completions, 400, "Extra inputs are not permitted, field: 'stream_options'", r#"{"stream_options":null}"#),
        (
            &completions,
            400,
            "best_of: no such field",
            r#"Best of (best-of) if the server refuses its value. If it does not take best_of at all"#,
        ),
        (&completions, 400, "bad top_p, and stream_options too", "Top p (top-p)"),
        (&tgi, 422, "`top_p` must be > 0.0 and < 1.0", r#"{"parameters":{"top_p":null}}"#),
        (&tgi, 422, "max_new_tokens must be below 9", "Length field (length-field) to none"),
        (&chat, 503, "Loading the model", "ready-check-timeout-sec"),
        (&chat, 401, "", "API key in its field"),
        (&chat, 404, "", "the endpoint and the model's name"),
        (&chat, 429, "", "rate of requests"),
    ] {
        let advice = advice(settings, status, said);
        assert!(advice.contains(words), "{status} {said:?}: {advice:?}");
    }
    // Fields that a request needs, or does not have, are plain words in a message.
    for said in
        ["The model `m` does not exist", "Your prompt is too long", "top_k must be 1", "max_tokens_limit is 7", ""]
    {
        assert_eq!(advice(&chat, 400, said), "", "{said}");
    }
    let newer = settings(BackendKind::OpenaiChat, "length-field=max_completion_tokens");
    let said = "max_completion_tokens is unknown";
    assert!(advice(&newer, 400, said).contains("to max_tokens, or to none"), "{}", advice(&newer, 400, said));
    let waited = settings(BackendKind::Openai, "ready-check-timeout-sec=30");
    assert!(advice(&waited, 503, "").contains("within 30 s"), "{}", advice(&waited, 503, ""));
    assert_eq!(with_advice("It failed".into(), &chat, Some(500), "max_tokens"), "It failed");
    assert!(with_advice("It failed".into(), &chat, Some(404), "").starts_with("It failed. Check the endpoint"));
}

#[test]
fn a_key_that_no_header_takes_is_named() {
    for key in ["", "sk-1", " sk-1\n", "a\tb", "sk-é"] {
        assert_eq!(key_problem(key), None, "{key:?}");
    }
    for (key, which) in [("sk-1\nsk-2", "a line break"), ("“sk-1”", "'“'"), ("sk\u{200B}1", "200b"), ("sk-1…", "'…'")]
    {
        let problem = key_problem(key).unwrap_or_default();
        assert!(problem.contains(which) && problem.contains("no header can carry"), "{key:?}: {problem}");
        assert!(!problem.contains("sk-1"), "{problem}");
    }
}

#[test]
fn what_a_server_cannot_do_is_said() {
    for kind in BackendKind::ALL {
        assert!(refusal(*kind, "use-beam-search").contains("Beam search (use-beam-search)"), "{kind}");
    }
    for kind in [BackendKind::OpenaiChat, BackendKind::TensorrtLlm, BackendKind::DeepspeedMii, BackendKind::Sglang] {
        assert_eq!(
            refusal(kind, "best-of=2"),
            format!("Best of (best-of) must be 1 for {kind}, which makes one answer a request.")
        );
    }
    assert_eq!(
        refusal(BackendKind::Tgi, "min-p=0.1"),
        "Min p (min-p) does not exist for tgi: leave it empty, or use Extra body (extra-body)."
    );
    assert!(refusal(BackendKind::DeepspeedMii, "ignore-eos").contains("Ignore end of sequence (ignore-eos)"));
    assert!(refusal(BackendKind::Openai, "top-p=inf").contains("Top p (top-p) must be a finite number"));
    let nameless = Settings { model: None, ..settings(BackendKind::Openai, "") };
    assert!(encode(&nameless, "x", 1).unwrap_err().to_string().starts_with("Model (model) is empty"));
}

#[test]
fn a_path_of_another_api_is_refused() {
    for (kind, path) in [
        (BackendKind::OpenaiChat, "/openai/completions"),
        (BackendKind::Openai, "/v1/chat/completions"),
        (BackendKind::Tgi, "/generate"),
        (BackendKind::Sglang, "/v1/chat/completions"),
    ] {
        let message = targets(&settings(kind, &format!("endpoint={path}"))).expect_err("a refusal").to_string();
        assert!(message.contains("Endpoint (endpoint)") && message.contains(default_endpoint(kind).0), "{message}");
    }
    assert!(targets(&settings(BackendKind::Openai, "endpoint=/openai/completions%3Fapi-version=1")).is_ok());
    assert!(targets(&settings(BackendKind::DeepspeedMii, "endpoint=/mii/my-deployment")).is_ok());
}

#[test]
fn headers_are_sent_and_keys_among_them_are_not() {
    let request =
        encode(&settings(BackendKind::Openai, "header=X-Run=a=b&header=content-type=application/json2"), "x", 1);
    let headers = request.unwrap().headers;
    let expected = [("X-Run", "a=b"), ("content-type", "application/json2")];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(refusal(BackendKind::Openai, "header=Authorization=Bearer%20x").contains("API key field"));
    assert!(refusal(BackendKind::Openai, "header=X Y=1").contains("\"X Y\""));
    assert!(refusal(BackendKind::Openai, "header=X=a%0Ab").contains("value"));
}

#[test]
fn a_key_goes_into_one_header_and_nowhere_else() {
    for kind in BackendKind::ALL {
        let header = authorization(*kind, Some(" sk-1 "));
        assert_eq!(header, Some(("Authorization".to_owned(), "Bearer sk-1".to_owned())));
        assert_eq!(authorization(*kind, Some("  ")), None);
        assert_eq!(authorization(*kind, None), None);
    }
}

#[test]
fn lists_of_models() {
    let models = |body: &str| parse_models(body);
    assert_eq!(models(r#"{"object":"list","data":[{"id":"a/b","object":"model"},{"id":"c"}]}"#).unwrap(), ["a/b", "c"]);
    let llama = r#"{"models":[{"name":"x","model":"x"}],"object":"list","data":[{"id":"x"}]}"#;
    assert_eq!(models(llama).unwrap(), ["x"]);
    assert_eq!(models(r#"{"models":[{"name":"llama3:8b","model":"llama3:8b"}]}"#).unwrap(), ["llama3:8b"]);
    assert_eq!(models(r#"{"model_id":"org/m","max_input_tokens":1}"#).unwrap(), ["org/m"]);
    assert_eq!(models(r#"{"data":[]}"#), Err(ModelsError::None));
    let error = models(r#"{"error":{"message":"no auth"}}"#).unwrap_err().to_string();
    assert!(error.ends_with("no auth"), "{error}");
    assert!(models("<html>").is_err());
}

#[test]
fn error_texts_of_many_servers() {
    for (body, said) in [
        (
            r#"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":"model","code":404}}"#,
            "The model `x` does not exist.",
        ),
        (r#"{"object":"error","message":"bad","type":"BadRequestError","param":null,"code":400}"#, "bad"),
        (
            r#"{"error":"Input validation error: `temperature` must be strictly positive","error_type":"validation"}"#,
            "Input validation error: `temperature` must be strictly positive",
        ),
        (r#"{"detail":"Not Found"}"#, "Not Found"),
        (
            r#"{"detail":[{"type":"missing","loc":["body","prompt"],"msg":"Field required","input":{}}]}"#,
            "body.prompt: Field required",
        ),
        (
            r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]"#,
            "API key not valid.",
        ),
        (r#"{"error":{"code":5}}"#, r#"{"code":5}"#),
        ("<html>\n<head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway"),
        (" upstream timed out \n", "upstream timed out"),
        ("", "The server answered 500 without a word of explanation"),
    ] {
        assert_eq!(error_text(500, body), said, "{body}");
    }
    let long = error_text(500, &"é".repeat(5000));
    assert!(long.chars().count() < 400 && long.contains("10000 bytes"), "{long}");
}
