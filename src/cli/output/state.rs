//! What is recorded, as people read it: lists of addresses, objects with their attributes, outputs.

use model::Value;
use model::change::DeposedKey;
use model::value::{to_json, type_to_json};
use serde_json::{Map, Value as Json, json};

use super::line::{Line, Page};
use super::recorded::{OutputView, RecordedView};
use super::style::{Label, Look};
use super::value::{Names, SENSITIVE, is_identifier, is_secret, pretty};

/// Addresses, one a line and each once. Ends with a newline unless there is none.
pub fn list(objects: &[RecordedView], look: Look) -> String {
    let mut page = Page::new(look);
    let mut addresses: Vec<_> = objects.iter().map(|object| &object.addr).collect();
    addresses.sort();
    addresses.dedup();
    for address in addresses {
        page.line(&Line::of(Label::Address, address.to_string()));
    }
    page.finish()
}

/// What is to be said of listed objects besides their addresses: which are tainted or deposed, one a line.
pub fn remarks(objects: &[RecordedView], look: Look) -> String {
    let mut page = Page::new(look);
    let remarkable = |object: &&&RecordedView| object.tainted || object.deposed.is_some();
    for object in sorted(objects).iter().filter(remarkable) {
        page.line(&heading(object));
    }
    page.finish()
}

/// Addresses as a JSON list.
pub fn list_json(objects: &[RecordedView]) -> Json {
    sorted(objects)
        .into_iter()
        .map(|object| {
            let mut json = Map::from_iter([("address".to_owned(), json!(object.addr.to_string()))]);
            json.extend(
                object
                    .deposed
                    .map(|DeposedKey(key)| ("deposed_key".to_owned(), json!(key.as_str()))),
            );
            if object.tainted {
                json.insert("tainted".to_owned(), json!(true));
            }
            Json::Object(json)
        })
        .collect()
}

fn sorted<'a, 'b>(objects: &'b [RecordedView<'a>]) -> Vec<&'b RecordedView<'a>> {
    let mut sorted: Vec<&RecordedView> = objects.iter().collect();
    sorted.sort_by(|a, b| (&a.addr, a.deposed).cmp(&(&b.addr, b.deposed)));
    sorted
}

fn heading(object: &RecordedView) -> Line {
    let mut line = Line::of(Label::Address, object.addr.to_string());
    if let Some(DeposedKey(key)) = object.deposed {
        line.put(Label::Warning, format!("  deposed object {key}"));
    }
    if object.tainted {
        line.put(
            Label::Warning,
            "  tainted: its last create did not end well",
        );
    }
    line
}

/// Objects with all their attributes, as one would write them. Sensitive values are not shown.
pub fn show(objects: &[RecordedView], look: Look) -> String {
    let mut page = Page::new(look);
    for object in sorted(objects) {
        page.gap();
        page.line(&heading(object));
        attributes(&mut page, object.value);
    }
    page.finish()
}

fn attributes(page: &mut Page, value: &Value) {
    let Some(fields) = value.as_fields() else {
        return;
    };
    let column = fields
        .keys()
        .map(|name| super::style::width_of(name))
        .max()
        .unwrap_or(0);
    for (name, value) in fields.iter() {
        let mut head = Line::plain("  ").then(name.to_string());
        head.pad_to(2 + column);
        head.put(Label::Plain, " = ");
        lines(page, head, value, (2, Names::Written));
    }
}

/// Writes a value after `head`, its further lines indented.
fn lines(page: &mut Page, head: Line, value: &Value, (indent, names): (usize, Names)) {
    let text = pretty(value, indent, names);
    let label = if is_secret(value.marks()) {
        Label::Sensitive
    } else {
        Label::Plain
    };
    let mut rows = text.lines();
    page.line(&head.with(label, rows.next().unwrap_or_default().to_owned()));
    for row in rows {
        page.line(&Line::of(label, row.to_owned()));
    }
}

/// What is recorded of an environment, whole.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordScreen<'a> {
    /// The environment.
    pub environment: &'a str,
    /// What the record is at: `serial 42`, `r42`.
    pub recorded: &'a str,
    /// All recorded objects.
    pub objects: &'a [RecordedView<'a>],
    /// The root outputs.
    pub outputs: &'a [OutputView<'a>],
}

/// The whole record: a line about it, every object, the outputs.
pub fn record(screen: &RecordScreen, look: Look) -> String {
    let mut page = Page::new(look);
    let count = screen
        .objects
        .iter()
        .filter(|object| object.deposed.is_none())
        .count();
    let plural = if count == 1 { "" } else { "s" };
    let line = Line::of(Label::Environment, screen.environment.to_owned());
    page.line(&line.then(format!("   {}   {count} instance{plural}", screen.recorded)));
    page.gap();
    page.text(&show(screen.objects, look));
    if !screen.outputs.is_empty() {
        page.gap();
        page.line(&Line::of(Label::Heading, "outputs"));
        for output in screen.outputs {
            write_output(&mut page, "  ", output);
        }
    }
    page.finish()
}

/// All outputs: `name = value`; sensitive ones are not shown.
pub fn outputs(outputs: &[OutputView], look: Look) -> String {
    let mut page = Page::new(look);
    for output in outputs {
        write_output(&mut page, "", output);
    }
    page.finish()
}

fn write_output(page: &mut Page, indent: &'static str, output: &OutputView) {
    let name = if is_identifier(output.name) {
        output.name.to_string()
    } else {
        format!("{:?}", output.name.as_str())
    };
    let head = Line::plain(indent).then(format!("{name} = "));
    if output.sensitive {
        return page.line(&head.with(Label::Sensitive, SENSITIVE));
    }
    lines(page, head, output.value, (indent.len(), Names::Quoted));
}

/// A value as one would write it; what is sensitive in it is not shown.
pub fn value(value: &Value, look: Look) -> String {
    let mut page = Page::new(look);
    lines(&mut page, Line::new(), value, (0, Names::Quoted));
    page.finish()
}

/// One output that was asked for by name, shown also when it is sensitive: as one would write it.
pub fn output(output: &OutputView, look: Look) -> String {
    let mut page = Page::new(look);
    lines(
        &mut page,
        Line::new(),
        &output.value.clone().unmark_deep().0,
        (0, Names::Quoted),
    );
    page.finish()
}

/// Outputs as `terraform output -json` has them, with sensitive values.
pub fn outputs_json(outputs: &[OutputView]) -> Json {
    let all = outputs.iter().map(|output| {
        let json = json!({
            "sensitive": output.sensitive,
            "type": type_to_json(&output.value.ty()),
            "value": output_json(output),
        });
        (output.name.to_string(), json)
    });
    Json::Object(all.collect())
}

/// The bare value of one output as JSON.
pub fn output_json(output: &OutputView) -> Json {
    to_json(&output.value.clone().unmark_deep().0).unwrap_or(Json::Null)
}

/// The bare text of one output for scripts, without a newline; `None` when it is neither string, number nor bool.
pub fn output_raw(output: &OutputView) -> Option<String> {
    match output.value.bare() {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null(_)
        | Value::Unknown(_)
        | Value::List(_)
        | Value::Set(_)
        | Value::Map(_)
        | Value::Tuple(_)
        | Value::Object(_)
        | Value::Marked(_) => None,
    }
}

#[cfg(test)]
mod tests;
