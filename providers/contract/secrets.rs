//! Keeps texts that must not be shown out of errors.

use model::Value;

use crate::error::ProviderError;

/// Texts that must not be shown.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Something shorter hides nothing and would make holes everywhere; in bytes.
    pub const SHORTEST: usize = 3;

    /// These texts, and each of their lines.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t String>) -> Self {
        let mut secrets: Vec<String> = texts
            .into_iter()
            .flat_map(|text| std::iter::once(text.as_str()).chain(text.lines()))
            .filter(|text| text.len() >= Self::SHORTEST)
            .map(str::to_owned)
            .collect();
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// The text without the secrets.
    pub fn hidden_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret, "(sensitive)")
        })
    }
}

impl Secrets {
    /// These and those of `other`.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self::new(self.0.iter().chain(&other.0))
    }

    /// Every string in these values.
    pub fn in_values<'v>(values: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut texts = Vec::new();
        for value in values {
            collect(value, &mut texts);
        }
        Self::new(&texts)
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    if let Some(text) = value.as_str() {
        texts.push(text.to_string());
    }
    for item in value.as_items().unwrap_or_default() {
        collect(item, texts);
    }
    for item in value
        .as_fields()
        .into_iter()
        .flat_map(model::value::Fields::values)
    {
        collect(item, texts);
    }
}

impl ProviderError {
    /// The error without the secrets.
    #[must_use]
    pub fn hiding(self, secrets: &Secrets) -> Self {
        Self {
            message: secrets.hidden_in(&self.message),
            detail: secrets.hidden_in(&self.detail),
            request: self.request.map(|request| secrets.hidden_in(&request)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let value = Value::object([(
            "a",
            Value::tuple(vec![Value::from("hunter2\nsecond line"), Value::from("b")]),
        )]);
        let secrets = Secrets::in_values([&value]);
        let error =
            ProviderError::permanent("no: hunter2").detail("hunter2\nsecond line, b, second line");
        let hidden = error.hiding(&secrets);
        assert_eq!(hidden.message, "no: (sensitive)");
        assert_eq!(hidden.detail, "(sensitive), b, (sensitive)");
    }
}
