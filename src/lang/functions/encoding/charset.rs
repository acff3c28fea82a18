//! `textencodebase64` and `textdecodebase64`: text in one of the character sets that IANA has names for.

use encoding_rs::Encoding;
use model::Value;

use super::{charset_names, decode_base64, encode_base64};
use crate::functions::protocol::{Arguments, Function, FunctionError, Param};
use crate::functions::text_function::text_function;

pub(super) const TEXTENCODEBASE64: Function = text_function(
    "textencodebase64",
    &[Param::string("string"), Param::string("encoding")],
    |_, args, _| {
        let name = args.string(1)?;
        let bytes = find(args)?.encode(args.string(0)?);
        let bytes = bytes.ok_or_else(|| {
            FunctionError::argument(0, format!("it has characters that {name} does not have"))
        })?;
        Ok(Value::string(encode_base64(&bytes)))
    },
    "the string in a character set, in Base64",
);

pub(super) const TEXTDECODEBASE64: Function = text_function(
    "textdecodebase64",
    &[Param::string("source"), Param::string("encoding")],
    |_, args, _| {
        let charset = find(args)?;
        let bytes = decode_base64(args.string(0)?)
            .map_err(|reason| FunctionError::argument(0, format!("it is not Base64: {reason}")))?;
        // What no byte stands for shows as a replacement character.
        let text = charset
            .decode(&bytes)
            .filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
        let name = args.string(1)?;
        text.map(Value::string).ok_or_else(|| {
            FunctionError::argument(0, format!("it has bytes that mean nothing in {name}"))
        })
    },
    "the string that the Base64 holds in a character set",
);

fn find(args: Arguments<'_>) -> Result<Charset, FunctionError> {
    let name = args.string(1)?;
    charset_names::find(name).ok_or_else(|| {
        FunctionError::argument(
            1,
            format!("`{name}` is not the name of a character set that is known here"),
        )
    })
}

/// A character set and how it becomes bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    Ascii,
    Utf8,
    /// Big-endian after a byte order mark; reading, the mark decides.
    Utf16,
    Utf16Be,
    Utf16Le,
    /// The first 256 characters of Unicode.
    Latin1,
    /// The same, with six letters replaced for Turkish.
    Latin5,
    /// One byte a character, as browsers read it.
    Browser(&'static Encoding),
    /// As DOS has it.
    Dos(&'static str),
    /// As [`Charset::Dos`], with a euro sign at a byte.
    Euro(&'static str, u8),
    /// Several bytes a character, as browsers read them.
    Many(&'static Encoding),
    /// Chinese in seven bits.
    Hz,
}

impl Charset {
    /// The bytes of `text`; none when it has a character that the set does not have.
    fn encode(self, text: &str) -> Option<Vec<u8>> {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes);
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf16 => Some(
                [0xfe, 0xff]
                    .into_iter()
                    .chain(utf16(u16::to_be_bytes))
                    .collect(),
            ),
            Self::Utf16Be => Some(utf16(u16::to_be_bytes).collect()),
            Self::Utf16Le => Some(utf16(u16::to_le_bytes).collect()),
            Self::Hz => hz_encode(text),
            Self::Many(encoding) => {
                let (bytes, _, lost) = encoding.encode(text);
                // Browsers write these two as other characters of old Japanese keyboards.
                let japanese = matches!(encoding.name(), "Shift_JIS" | "EUC-JP" | "ISO-2022-JP");
                let lost = lost || (japanese && text.contains(['¥', '‾']));
                (!lost).then(|| bytes.into_owned())
            }
            Self::Ascii
            | Self::Latin1
            | Self::Latin5
            | Self::Browser(_)
            | Self::Dos(_)
            | Self::Euro(..) => {
                let table = self.table();
                let byte = |c: char| {
                    table
                        .iter()
                        .position(|known| *known == c && c != char::REPLACEMENT_CHARACTER)
                };
                text.chars()
                    .map(|c| byte(c).and_then(|byte| u8::try_from(byte).ok()))
                    .collect()
            }
        }
    }

    /// The text that the bytes are; bytes that mean nothing are none or replacement characters.
    fn decode(self, bytes: &[u8]) -> Option<String> {
        let utf16 = |bytes: &[u8], number: fn([u8; 2]) -> u16| -> Option<String> {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| number(*pair)).collect();
            String::from_utf16(&units).ok().filter(|_| rest.is_empty())
        };
        match self {
            Self::Utf8 => String::from_utf8(bytes.to_vec()).ok(),
            Self::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
                [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
                _ => utf16(bytes, u16::from_be_bytes),
            },
            Self::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes),
            Self::Hz => hz_decode(bytes),
            Self::Many(encoding) => {
                let (text, lost) = encoding.decode_without_bom_handling(bytes);
                // Browsers give bytes that mean nothing a private meaning.
                let private = text.contains(|c| matches!(c, '\u{e000}'..='\u{f8ff}'));
                (!lost && !private).then(|| text.into_owned())
            }
            Self::Ascii
            | Self::Latin1
            | Self::Latin5
            | Self::Browser(_)
            | Self::Dos(_)
            | Self::Euro(..) => {
                let table = self.table();
                Some(
                    bytes
                        .iter()
                        .filter_map(|byte| table.get(usize::from(*byte)))
                        .collect(),
                )
            }
        }
    }

    /// What the 256 bytes stand for, of a set with one byte a character.
    fn table(self) -> Vec<char> {
        let mut table: Vec<char> = ('\0'..='\x7f').collect();
        match self {
            Self::Latin1 => table.extend('\u{80}'..='\u{ff}'),
            Self::Latin5 => {
                table.extend('\u{80}'..='\u{9f}');
                table.extend(upper_half(encoding_rs::WINDOWS_1254).skip(0x20));
            }
            Self::Browser(encoding) => table.extend(upper_half(encoding)),
            Self::Dos(upper) | Self::Euro(upper, _) => {
                // A table of all 256 is one of a mainframe, which does not begin with ASCII.
                if upper.chars().count() > 128 {
                    table.clear();
                }
                table.extend(upper.chars());
            }
            Self::Ascii
            | Self::Utf8
            | Self::Utf16
            | Self::Utf16Be
            | Self::Utf16Le
            | Self::Many(_)
            | Self::Hz => {}
        }
        if let Self::Euro(_, byte) = self
            && let Some(place) = table.get_mut(usize::from(byte))
        {
            *place = '€';
        }
        table.resize(256, char::REPLACEMENT_CHARACTER);
        table
    }
}

/// What the bytes from 128 on stand for. Browsers read control characters where the set has nothing.
fn upper_half(encoding: &'static Encoding) -> impl Iterator<Item = char> {
    (0x80..=0xff).map(|byte: u8| {
        let bytes = [byte];
        let (text, _) = encoding.decode_without_bom_handling(&bytes);
        let c = text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    })
}

/// Between `~{` and `~}` two bytes are a character, without their highest bits.
fn hz_encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut chinese = false;
    for c in text.chars() {
        if chinese == c.is_ascii() && c != '~' {
            chinese = !chinese;
            out.extend(if chinese { b"~{" } else { b"~}" });
        }
        match c {
            '~' => out.extend(b"~~"),
            '\0'..='\x7f' => out.push(u8::try_from(c).ok()?),
            _ => {
                let mut buffer = [0; 4];
                let (bytes, _, lost) = encoding_rs::GB18030.encode(c.encode_utf8(&mut buffer));
                match *bytes {
                    [first @ 0xa1..=0xf7, second @ 0xa1..=0xfe] if !lost => {
                        out.extend([first & 0x7f, second & 0x7f]);
                    }
                    _ => return None,
                }
            }
        }
    }
    Some(out)
}

fn hz_decode(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    let mut chinese = false;
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return Some(out),
            [b'~', b'{', after @ ..] if !chinese => {
                chinese = true;
                after
            }
            [b'~', b'}', after @ ..] if chinese => {
                chinese = false;
                after
            }
            [b'~', b'~', after @ ..] => {
                out.push('~');
                after
            }
            [b'~', b'\n', after @ ..] => after,
            [first @ 0x21..=0x77, second @ 0x21..=0x7e, after @ ..] if chinese => {
                let pair = [first | 0x80, second | 0x80];
                let (text, lost) = encoding_rs::GB18030.decode_without_bom_handling(&pair);
                out.push_str(&text);
                if lost {
                    return None;
                }
                after
            }
            [byte @ (0..=0x7d | 0x7f), after @ ..] if !chinese => {
                out.push(char::from(*byte));
                after
            }
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{gives, run_json};

    #[test]
    fn text_becomes_bytes_and_bytes_text() {
        for (text, charset, base64) in [
            ("a🤷", "UTF-16", "/v8AYdg+3Tc="),
            ("a🤷", "csutf16be", "AGHYPt03"),
            ("é", "latin1", "6Q=="),
            ("é", "windows-1252", "6Q=="),
            ("€", "ISO-8859-15", "pA=="),
            ("ğ", "ISO-8859-9", "8A=="),
            ("日本", "Shift_JIS", "k/qWew=="),
            ("日本", "EUC-JP", "xvzL3A=="),
            ("日本", "ISO-2022-JP", "GyRCRnxLXBsoQg=="),
            ("中", "GB18030", "1tA="),
            ("中", "Big5", "pKQ="),
            ("中", "HZ-GB-2312", "fntWUA=="),
            ("한", "EUC-KR", "x9E="),
            ("é", "850", "gg=="),
            ("€", "IBM00858", "1Q=="),
            ("a", "IBM037", "gQ=="),
            ("a", " utf-8 ", "YQ=="),
        ] {
            gives(
                "textencodebase64",
                &format!(r#"["{text}", "{charset}"]"#),
                base64.into(),
            );
            gives(
                "textdecodebase64",
                &format!(r#"["{base64}", "{charset}"]"#),
                text.into(),
            );
        }
        gives("textdecodebase64", r#"["AGE=", "UTF-16"]"#, "a".into());
        gives("textdecodebase64", r#"["//5hAA==", "UTF-16"]"#, "a".into());
        gives(
            "textdecodebase64",
            r#"["//5hAA==", "UTF-16LE"]"#,
            "\u{feff}a".into(),
        );
        gives(
            "textdecodebase64",
            r#"["gQ==", "ISO-8859-1"]"#,
            "\u{81}".into(),
        );
    }

    #[test]
    fn what_a_character_set_does_not_have_is_refused() {
        for args in [
            r#"["é", "US-ASCII"]"#,
            r#"["🤷", "windows-1252"]"#,
            r#"["a", "utf8"]"#,
            r#"["a", ""]"#,
        ] {
            assert!(run_json("textencodebase64", args).is_err(), "{args}");
        }
        for args in [
            r#"["/w==", "UTF-8"]"#,
            r#"["gQ==", "windows-1252"]"#,
            r#"["YQ==", "UTF-16LE"]"#,
            r#"["ANg=", "UTF-16LE"]"#,
            r#"["!", "UTF-8"]"#,
        ] {
            assert!(run_json("textdecodebase64", args).is_err(), "{args}");
        }
    }
}
