//! Keeps texts that must not be shown out of errors.

use std::fmt;

use crate::error::ProviderError;

/// Texts that must not be shown.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Something shorter hides nothing and would make holes everywhere; in bytes.
    pub const SHORTEST: usize = 3;

    /// These texts, and each of their lines.
    pub fn new(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut secrets = Vec::new();
        for text in texts {
            let text = text.as_ref();
            let parts = std::iter::once(text).chain(text.lines());
            let kept = parts.filter(|part| part.len() >= Self::SHORTEST);
            secrets.extend(kept.map(str::to_owned));
        }
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
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
    use model::Value;

    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let value = Value::object([(
            "a",
            Value::tuple(vec![Value::from("hunter2\nsecond line"), Value::from("b")]),
        )]);
        let secrets = Secrets::new(value.texts());
        let error =
            ProviderError::permanent("no: hunter2").detail("hunter2\nsecond line, b, second line");
        let hidden = error.hiding(&secrets);
        assert_eq!(hidden.message, "no: (sensitive)");
        assert_eq!(hidden.detail, "(sensitive), b, (sensitive)");
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        let secrets = Secrets::new(["hunter2"]);
        assert_eq!(format!("{secrets:?}"), "Secrets { .. }");
    }
}
