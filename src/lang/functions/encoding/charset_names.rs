//! The names and aliases that IANA has for character sets.

use encoding_rs as browser;

use super::charset::Charset;
use super::charset_tables as tables;

const NAMES: &[(Charset, &str)] = &[
    (
        Charset::Ascii,
        "us-ascii iso-ir-6 ansi_x3.4-1968 ansi_x3.4-1986 iso_646.irv:1991 iso646-us us ibm367 cp367 csascii",
    ),
    (Charset::Utf8, "utf-8 csutf8"),
    (Charset::Utf16, "utf-16 csutf16"),
    (Charset::Utf16Be, "utf-16be csutf16be"),
    (Charset::Utf16Le, "utf-16le csutf16le"),
    (
        Charset::Latin1,
        "iso-8859-1 iso_8859-1:1987 iso_8859-1 iso-ir-100 latin1 l1 ibm819 cp819 csisolatin1",
    ),
    (
        Charset::Latin5,
        "iso-8859-9 iso_8859-9:1989 iso_8859-9 iso-ir-148 latin5 l5 csisolatin5",
    ),
    (
        Charset::Browser(browser::ISO_8859_2),
        "iso-8859-2 iso_8859-2:1987 iso_8859-2 iso-ir-101 latin2 l2 csisolatin2",
    ),
    (
        Charset::Browser(browser::ISO_8859_3),
        "iso-8859-3 iso_8859-3:1988 iso_8859-3 iso-ir-109 latin3 l3 csisolatin3",
    ),
    (
        Charset::Browser(browser::ISO_8859_4),
        "iso-8859-4 iso_8859-4:1988 iso_8859-4 iso-ir-110 latin4 l4 csisolatin4",
    ),
    (
        Charset::Browser(browser::ISO_8859_5),
        "iso-8859-5 iso_8859-5:1988 iso_8859-5 iso-ir-144 cyrillic csisolatincyrillic",
    ),
    (
        Charset::Browser(browser::ISO_8859_6),
        "iso-8859-6 iso_8859-6:1987 iso_8859-6 iso-ir-127 ecma-114 asmo-708 arabic csisolatinarabic \
         iso_8859-6-e iso-8859-6-e csiso88596e iso_8859-6-i iso-8859-6-i csiso88596i",
    ),
    (
        Charset::Browser(browser::ISO_8859_7),
        "iso-8859-7 iso_8859-7:1987 iso_8859-7 iso-ir-126 elot_928 ecma-118 greek greek8 csisolatingreek",
    ),
    (
        Charset::Browser(browser::ISO_8859_8),
        "iso-8859-8 iso_8859-8:1988 iso_8859-8 iso-ir-138 hebrew csisolatinhebrew \
         iso_8859-8-e iso-8859-8-e csiso88598e iso_8859-8-i iso-8859-8-i csiso88598i",
    ),
    (
        Charset::Browser(browser::ISO_8859_10),
        "iso-8859-10 iso-ir-157 l6 iso_8859-10:1992 csisolatin6 latin6",
    ),
    (
        Charset::Browser(browser::ISO_8859_13),
        "iso-8859-13 csiso885913",
    ),
    (
        Charset::Browser(browser::ISO_8859_14),
        "iso-8859-14 iso-ir-199 iso_8859-14:1998 iso_8859-14 latin8 iso-celtic l8 csiso885914",
    ),
    (
        Charset::Browser(browser::ISO_8859_15),
        "iso-8859-15 iso_8859-15 latin-9 csiso885915",
    ),
    (
        Charset::Browser(browser::ISO_8859_16),
        "iso-8859-16 iso-ir-226 iso_8859-16:2001 iso_8859-16 latin10 l10 csiso885916",
    ),
    (Charset::Browser(browser::KOI8_R), "koi8-r cskoi8r"),
    (Charset::Browser(browser::KOI8_U), "koi8-u cskoi8u"),
    (
        Charset::Browser(browser::MACINTOSH),
        "macintosh mac csmacintosh",
    ),
    (
        Charset::Browser(browser::WINDOWS_874),
        "windows-874 cswindows874",
    ),
    (
        Charset::Browser(browser::WINDOWS_1250),
        "windows-1250 cswindows1250",
    ),
    (
        Charset::Browser(browser::WINDOWS_1251),
        "windows-1251 cswindows1251",
    ),
    (
        Charset::Browser(browser::WINDOWS_1252),
        "windows-1252 cswindows1252",
    ),
    (
        Charset::Browser(browser::WINDOWS_1253),
        "windows-1253 cswindows1253",
    ),
    (
        Charset::Browser(browser::WINDOWS_1254),
        "windows-1254 cswindows1254",
    ),
    (
        Charset::Browser(browser::WINDOWS_1255),
        "windows-1255 cswindows1255",
    ),
    (
        Charset::Browser(browser::WINDOWS_1256),
        "windows-1256 cswindows1256",
    ),
    (
        Charset::Browser(browser::WINDOWS_1257),
        "windows-1257 cswindows1257",
    ),
    (
        Charset::Browser(browser::WINDOWS_1258),
        "windows-1258 cswindows1258",
    ),
    (
        Charset::Browser(browser::IBM866),
        "ibm866 cp866 866 csibm866",
    ),
    (
        Charset::Dos(tables::IBM437),
        "ibm437 cp437 437 cspc8codepage437",
    ),
    (
        Charset::Dos(tables::IBM850),
        "ibm850 cp850 850 cspc850multilingual",
    ),
    (Charset::Dos(tables::IBM852), "ibm852 cp852 852 cspcp852"),
    (Charset::Dos(tables::IBM855), "ibm855 cp855 855 csibm855"),
    (
        Charset::Euro(tables::IBM850, 0xd5),
        "ibm00858 ccsid00858 cp00858 pc-multilingual-850+euro csibm00858",
    ),
    (Charset::Dos(tables::IBM860), "ibm860 cp860 860 csibm860"),
    (
        Charset::Dos(tables::IBM862),
        "ibm862 cp862 862 cspc862latinhebrew",
    ),
    (Charset::Dos(tables::IBM863), "ibm863 cp863 863 csibm863"),
    (Charset::Dos(tables::IBM865), "ibm865 cp865 865 csibm865"),
    (
        Charset::Dos(tables::IBM037),
        "ibm037 cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csibm037",
    ),
    (
        Charset::Euro(tables::IBM037, 0x9f),
        "ibm01140 ccsid01140 cp01140 ebcdic-us-37+euro csibm01140",
    ),
    (Charset::Dos(tables::IBM1047), "ibm1047 ibm-1047 csibm1047"),
    (
        Charset::Many(browser::SHIFT_JIS),
        "shift_jis ms_kanji csshiftjis",
    ),
    (
        Charset::Many(browser::EUC_JP),
        "euc-jp extended_unix_code_packed_format_for_japanese cseucpkdfmtjapanese",
    ),
    (
        Charset::Many(browser::ISO_2022_JP),
        "iso-2022-jp csiso2022jp",
    ),
    (Charset::Many(browser::EUC_KR), "euc-kr cseuckr"),
    (
        Charset::Many(browser::GBK),
        "gbk cp936 ms936 windows-936 csgbk",
    ),
    (Charset::Many(browser::GB18030), "gb18030 csgb18030"),
    (Charset::Hz, "hz-gb-2312"),
    (Charset::Many(browser::BIG5), "big5 csbig5"),
];

/// The character set of that name or alias; case and white space around it do not matter.
pub(super) fn find(name: &str) -> Option<Charset> {
    let name = name.trim().to_lowercase();
    let has = |names: &str| names.split_ascii_whitespace().any(|known| known == name);
    NAMES
        .iter()
        .find(|(_, names)| has(names))
        .map(|(charset, _)| *charset)
}
