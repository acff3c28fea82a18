//! Text of the language, valid or nearly so.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Blank inside of brackets, where lines may end.
fn gap() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "",
        "",
        " ",
        "  ",
        "\t",
        "\n",
        "\n\n  ",
        " # note\n",
        "// note\n",
        "/* note */",
        " /* a\n b */ ",
    ])
}

/// Blank where lines must not end.
fn blank() -> impl Strategy<Value = &'static str> {
    select(vec!["", " ", " ", "  ", "\t", "/* note */"])
}

fn name() -> impl Strategy<Value = &'static str> {
    select(vec![
        "a", "b", "foo", "name_x", "b-c", "é1", "_x", "iff", "null_x", "for_each", "in_x",
    ])
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "0",
            "1",
            "42",
            "1.5",
            "0.25",
            "true",
            "false",
            "null",
            "a",
            "var.x",
            "a.b.c",
            "a[0].b",
            "x.0.y",
            "a[\"k\"]",
            "a.*.b",
            "a.*",
            "a[*].b[0]",
            "a[*][*].c",
            "a[b].c",
            "each.value",
            "f()",
            "[]",
            "{}",
            "-1",
            "!x",
        ])
        .prop_map(str::to_owned),
        quoted_text().prop_map(|text| format!("\"{text}\"")),
    ]
}

/// Text in quotes without sequences.
fn quoted_text() -> impl Strategy<Value = String> {
    let parts = select(vec![
        "a",
        "b c",
        " ",
        "é",
        "😀",
        "\\n",
        "\\t",
        "\\\"",
        "\\\\",
        "\\u00e9",
        "\\U0001F600",
        "$",
        "%",
        "$${",
        "%%{",
        "{",
        "}",
        "#",
        "//",
        "'",
        "~",
    ]);
    vec(parts, 0..4).prop_map(|parts| {
        let text = parts.concat();
        // A lone mark before a brace would open a sequence.
        let closed = text
            .replace("$${", "\u{1}")
            .replace("%%{", "\u{2}")
            .replace("${", "$ {")
            .replace("%{", "% {");
        closed
            .replace('\u{1}', "$${")
            .replace('\u{2}', "%%{")
            .trim_end_matches(['$', '%'])
            .to_owned()
    })
}

fn operator() -> impl Strategy<Value = &'static str> {
    select(vec![
        "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||",
    ])
}

/// An expression of one line, unless a bracket is open at the line's end.
pub(crate) fn expression() -> BoxedStrategy<String> {
    let deeper = |inner: BoxedStrategy<String>| {
        let e = || inner.clone();
        let items =
            (vec((gap(), e(), gap()), 0..4), select(vec!["", ","])).prop_map(|(items, comma)| {
                let comma = if items.is_empty() { "" } else { comma };
                let items: Vec<String> = items
                    .into_iter()
                    .map(|(a, b, c)| format!("{a}{b}{c}"))
                    .collect();
                items.join(",") + comma
            });
        let items = items.boxed();
        prop_oneof![
            3 => (e(), operator(), e()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            1 => (e(), e(), e()).prop_map(|(a, b, c)| format!("{a} ? {b} : {c}")),
            1 => (select(vec!["-", "!", "- ", "! "]), e()).prop_map(|(op, a)| format!("{op}({a})")),
            1 => (gap(), e(), gap()).prop_map(|(a, b, c)| format!("({a}{b}{c})")),
            2 => items.clone().prop_map(|items| format!("[{items}]")),
            2 => (select(vec!["f", "max", "core::f", "provider::a::b"]), items.clone())
                .prop_map(|(name, items)| format!("{name}({items})")),
            1 => (e(), e()).prop_map(|(a, b)| format!("f({a}, {b}...)")),
            2 => object(e()),
            1 => (e(), e(), e()).prop_map(|(a, b, c)| format!("[for x in {a} : {b} if {c}]")),
            1 => (e(), e(), select(vec!["", "..."])).prop_map(|(a, b, end)| format!("{{for k, v in {a} : {b} => v{end}}}")),
            1 => (select(vec!["a", "f(x)", "(b)", "[c]"]), e()).prop_map(|(a, b)| format!("{a}[{b}].c[0]")),
            2 => template(e(), quoted_text().boxed()).prop_map(|text| format!("\"{text}\"")),
        ]
        .boxed()
    };
    leaf()
        .boxed()
        .prop_recursive(4, 40, 3, move |inner| deeper(inner.boxed()))
        .boxed()
}

fn object(inner: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let key = select(vec![
        "a#",
        "\"k #\"",
        "(k#)",
        "\"${k#}\"",
        "a#.b",
        "true#",
        "é#",
    ]);
    let item = (key, select(vec![" = ", "=", ": ", " : "]), inner);
    let ends = select(vec!["\n", ",", ", ", " # note\n", "\n\n", ",\n"]);
    vec((item, ends), 0..4).prop_map(|items| {
        let numbered = items
            .into_iter()
            .enumerate()
            .map(|(index, ((key, sign, value), end))| {
                format!("{}{sign}{value}{end}", key.replace('#', &index.to_string()))
            });
        format!("{{ {}}}", numbered.collect::<String>())
    })
}

/// What may stand in quotes, with sequences; `text` is what stands between them.
fn template(inner: BoxedStrategy<String>, text: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let (a, b, c) = (inner.clone(), inner.clone(), inner);
    // The oracle does not resolve escapes inside of directives.
    let plain = || select(vec!["", "text", " ", "é "]);
    let part = prop_oneof![
        3 => a.prop_map(|a| format!("${{{a}}}")),
        1 => (b, plain(), plain()).prop_map(|(a, t, u)| format!("%{{ if {a} }}{t}%{{ else }}{u}%{{ endif }}")),
        1 => (c, plain()).prop_map(|(a, t)| format!("%{{ for x in {a} }}{t}${{x}}%{{ endfor }}")),
    ];
    vec((text, part), 1..3)
        .prop_map(|parts| parts.into_iter().map(|(text, part)| text + &part).collect())
        .boxed()
}

/// Lines of text without quotes.
fn lines() -> BoxedStrategy<String> {
    let line = select(vec![
        "text",
        "",
        "  indented",
        "\ttab",
        "\"quoted\" \\n",
        "a = b",
        "$ % $$ %%",
        "$${x}",
        "%%{x}",
        "é",
    ]);
    vec(line, 0..4)
        .prop_map(|lines| {
            lines
                .into_iter()
                .map(|line| line.to_owned() + "\n")
                .collect()
        })
        .boxed()
}

/// The text of a template file.
pub(crate) fn template_text() -> BoxedStrategy<String> {
    (template(expression(), lines()), lines())
        .prop_map(|(template, end)| template + &end)
        .boxed()
}

fn heredoc() -> impl Strategy<Value = String> {
    let plain = (template(leaf().boxed(), lines()), lines())
        .prop_map(|(text, end)| format!("<<EOT\n{text}\n{end}EOT"));
    let indented = (vec((select(vec!["", "  ", "    "]), leaf()), 1..4)).prop_map(|lines| {
        let lines: String = lines
            .into_iter()
            .map(|(blank, value)| format!("  {blank}text ${{{value}}} end\n"))
            .collect();
        format!("<<-E\n{lines}  E")
    });
    prop_oneof![plain, indented]
}

/// The text of a definition.
pub(crate) fn body() -> BoxedStrategy<String> {
    let value = prop_oneof![4 => expression(), 1 => heredoc()];
    let end = select(vec![
        "\n",
        "\n",
        "\n\n",
        " # note\n",
        "\n// note\n",
        "\n/* a\n b */\n",
    ]);
    let attribute =
        (name(), blank(), blank(), value, end.clone()).prop_map(|(name, a, b, value, end)| {
            let end = if value.starts_with("<<") { "\n" } else { end };
            format!("{name}#{a}={b}{value}{end}")
        });
    let attributes = vec(attribute.boxed(), 0..4)
        .prop_map(|items| items.concat())
        .boxed();
    let label = select(vec![" \"x\"", " y", " \"a-b c\"", " \"e\\\"f\""]);
    attributes
        .prop_recursive(3, 12, 3, move |inner| {
            let label = label.clone();
            let block = (name(), vec(label.clone(), 0..3), inner.clone(), end.clone()).prop_map(
                |(name, labels, inner, end)| {
                    format!("{name}{} {{\n{inner}}}{end}", labels.concat())
                },
            );
            let line = (name(), vec(label, 0..2))
                .prop_map(|(name, labels)| format!("{name}{} {{ a = 1 }}\n", labels.concat()));
            (inner, vec(prop_oneof![3 => block, 1 => line], 0..3))
                .prop_map(|(inner, blocks)| inner + &blocks.concat())
        })
        .prop_map(|text| numbered(&text))
        .boxed()
}

/// Gives every argument a name of its own: `name#=` gets a number.
fn numbered(text: &str) -> String {
    let mut parts = text.split('#').peekable();
    let mut written = String::new();
    let mut number = 0;
    while let Some(part) = parts.next() {
        written.push_str(part);
        let Some(next) = parts.peek() else { break };
        if next.trim_start_matches([' ', '\t']).starts_with('=') || next.starts_with("/* note */") {
            number += 1;
            written.push_str(&number.to_string());
        } else {
            written.push('#');
        }
    }
    written
}

/// Places and what is done there.
pub(crate) fn changes() -> impl Strategy<Value = Vec<(usize, &'static str, usize)>> {
    vec((any::<usize>(), select(fragments()), 0..4_usize), 1..4)
}

/// Text with fragments put in and characters taken out.
pub(crate) fn changed(text: &str, changes: &[(usize, &'static str, usize)]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (place, fragment, removed) in changes {
        let at = place % (letters.len() + 1);
        let end = (at + removed).min(letters.len());
        letters.splice(at..end, fragment.chars());
    }
    letters.into_iter().collect()
}

fn fragments() -> Vec<&'static str> {
    FRAGMENTS.to_vec()
}

#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "", "(", ")", "[", "]", "{", "}", "\"", "${", "%{", "~}", "\n", "\r", "\r\n", "=", "==", "=>",
    ".", "..", "...", ",", ":", "::", "?", "!", "-", "+", "*", "**", "/", "%", "<", "<<", "<<E\n",
    "<<-E\n", "\nE\n", ">", "&", "&&", "|", "||", "^", "~", "#", "//", "/*", "*/", "\\", "\\q",
    "\\u12", "\\ud800", "$", "$$", "$${", "%%{", "if ", "else", "endif", "for ", " in ", "endfor",
    " ", "\t", "0", "1.5", "1e9999999999", "1..2", ".5", "x", "é", "e\u{301}", "a-b", "true",
    "null", "\u{a0}", "\u{feff}", "\0", ";", "'", "`", "@", "0.0", "[*]", ".*", "x = 1\n",
    "b {\n", "}\n", "null", "\"a\": ",
];

/// Fragments in any order.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    vec(select(fragments()), 0..40).prop_map(|fragments| fragments.concat())
}

/// JSON text.
pub(crate) fn json() -> BoxedStrategy<String> {
    let text = select(vec![
        "",
        "a",
        "x ${var.y}",
        "${z}",
        "//",
        "\\n",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\ud800",
        "a.b[0]",
        "%{ if",
    ]);
    let leaf = prop_oneof![
        select(vec!["null", "true", "0", "-1.5e3", "[]", "{}"]).prop_map(str::to_owned),
        text.clone().prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(4, 30, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            vec((text.clone(), inner), 0..4).prop_map(|members| {
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\": {value}"))
                    .collect();
                format!("{{{}}}", members.join(",\n"))
            }),
        ]
    })
    .boxed()
}
