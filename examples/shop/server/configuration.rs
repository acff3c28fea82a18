//! The configuration file: a `key = value` a line, `#` begins a comment, a key may come several times.

/// What a configuration file says.
pub(crate) struct Configuration {
    file: String,
    entries: Vec<(String, String)>,
}

impl Configuration {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence, when it cannot be read or a line is not `key = value`.
    pub(crate) fn read(file: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read {file}: {error}"))?;
        let mut entries = Vec::new();
        for (line, number) in text.lines().map(str::trim).zip(1_usize..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line
                .split_once('=')
                .ok_or_else(|| format!("{file}:{number}: no `=` here"))?;
            entries.push((key.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(Self {
            file: file.to_owned(),
            entries,
        })
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// A sentence, when it is not.
    pub(crate) fn one(&self, key: &str) -> Result<&str, String> {
        self.all(key)
            .next()
            .ok_or_else(|| format!("{}: `{key}` is missing", self.file))
    }

    /// The values of a key that may come several times.
    pub(crate) fn all<'a, 'k>(
        &'a self,
        key: &'k str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'k> {
        let wanted = self.entries.iter().filter(move |(known, _)| known == key);
        wanted.map(|(_, value)| value.as_str())
    }
}
