//! Passwords inside addresses and connection strings.

use super::bytes::{at, is_placeholder, part, run, run_back};
use super::{Family, Found, Kind, Level, Trigger};

/// Schemes of databases and queues.
const DATABASES: &[&[u8]] = &[
    b"postgres",
    b"postgresql",
    b"mysql",
    b"mariadb",
    b"mongodb",
    b"mongodb+srv",
    b"redis",
    b"rediss",
    b"amqp",
    b"amqps",
    b"mssql",
    b"sqlserver",
    b"clickhouse",
    b"snowflake",
    b"oracle",
    b"cassandra",
    b"couchbase",
    b"neo4j",
    b"bolt",
    b"nats",
    b"cockroachdb",
    b"influxdb",
    b"kafka",
];

pub(super) const DATABASE_URL: Kind = Kind::new("database_url", Family::Secrets, Level::Critical, Trigger::Long(&["://"]), database)
    .finds("`postgres`, `mysql`, `mongodb`, `redis`, `amqp` and other databases' addresses with a password, `scheme://user:password@host`, 23 or more bytes in all; MEDIUM if the host is this machine")
    .allows("placeholders (`***`, `${…}`, `<password>`, `password`)")
    .examples(
        &[concat!("postgres://app:f4ke-", "n0t-real@db.northwind-traders.com:5432/x"), concat!("redis://:n0tre4l", "fake@cache.internal:6379/0")],
        &["postgres://localhost/app", "postgres://user:password@host/db", "postgresql://app:${DB_PASS}@db/app", "mysql://app:***@db/app"],
    );

pub(super) const URL_WITH_PASSWORD: Kind = Kind::new("url_with_password", Family::Secrets, Level::High, Trigger::Long(&["://"]), other)
    .finds("any other address with a password, `https://user:password@host`, 23 or more bytes in all; MEDIUM if the host is this machine")
    .allows("placeholders (`***`, `${…}`, `<password>`, `password`)")
    .examples(
        &[
            concat!("https://deploy:f4ke-", "n0t-real@git.northwind-traders.com/x.git"),
            concat!("ftp://anna:n0tre4l", "fake@files.northwind-traders.com"),
        ],
        &["https://user@host/path", "https://user:pass@host/", "see https://a.com:8080/b@c", "http://a/b:c@d"],
    );

fn database(text: &[u8], at: usize) -> Option<Found> {
    login(text, at, true)
}

fn other(text: &[u8], at: usize) -> Option<Found> {
    login(text, at, false)
}

/// `scheme://user:password@host`, whose scheme is that of a database or is not.
fn login(text: &[u8], place: usize, of_database: bool) -> Option<Found> {
    let scheme = run_back(text, place, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'));
    let name = part(text, place - scheme, place);
    let known = DATABASES.iter().any(|database| database.eq_ignore_ascii_case(name.rsplit(|byte| *byte == b':').next().unwrap_or(name)));
    if scheme < 2 || known != of_database {
        return None;
    }
    let start = place + 3;
    let length =
        run(text, start, 300, |byte| byte > 0x20 && !matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\'));
    let authority = part(text, start, start + length);
    let sign = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority.get(..sign)?.iter().position(|byte| *byte == b':')?;
    let password = authority.get(colon + 1..sign)?;
    let host = authority.get(sign + 1..)?;
    let here = [&b"localhost"[..], b"127.0.0.1", b"[::1]"].iter().any(|local| host.starts_with(local));
    if host.is_empty() || password.len() < 3 || is_template(password) {
        return None;
    }
    let level = if here {
        Level::Medium
    } else if of_database {
        Level::Critical
    } else {
        Level::High
    };
    Some(Found::new(place - scheme, start + sign, level))
}

/// What stands for a password in examples.
fn is_template(password: &[u8]) -> bool {
    let words: [&[u8]; 6] = [b"pass", b"password", b"passwd", b"pwd", b"secret", b"token"];
    is_placeholder(password) || words.iter().any(|word| word.eq_ignore_ascii_case(password))
}

pub(super) const CONNECTION_STRING: Kind = Kind::new(
    "connection_string",
    Family::Secrets,
    Level::Critical,
    Trigger::Long(&["assword=", "ASSWORD=", "wd=", "WD=", "ccountKey=", "haredAccessKey="]),
    pairs,
)
.finds(
    "three or more `Key=Value` between semicolons, a server and a password (`Password`, `Pwd`, `AccountKey`, `SharedAccessKey`) among them",
)
.allows("placeholders")
.examples(
    &[
        concat!("Server=db.northwind-traders.com;Database=app;User Id=app;Pass", "word=f4ke-n0t-real;"),
        concat!(
            "DefaultEndpointsProtocol=https;AccountName=fake;Account",
            "Key=RkFLRWZha2UwMTIzbm90UkVBTDk=;EndpointSuffix=core.windows.net"
        ),
    ],
    &["Server=db;Database=app;User Id=app;Password=***;", "a=1;b=2;password=", "Server=db;Database=app;Integrated Security=true"],
);

fn pairs(text: &[u8], place: usize) -> Option<Found> {
    const KEYS: &[&[u8]] = &[b"password", b"pwd", b"accountkey", b"sharedaccesskey"];
    const SERVERS: &[&[u8]] = &[
        b"server",
        b"data source",
        b"datasource",
        b"host",
        b"address",
        b"addr",
        b"endpoint",
        b"accountname",
        b"database",
        b"initial catalog",
        b"network address",
    ];
    let inside = |byte: u8| byte >= 0x20 && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
    let key_start = place - run_back(text, place, 16, |byte| byte.is_ascii_alphabetic());
    let key_end = place + run(text, place, 24, |byte| byte.is_ascii_alphabetic());
    if at(text, key_end) != Some(b'=') || !KEYS.iter().any(|key| part(text, key_start, key_end).eq_ignore_ascii_case(key)) {
        return None;
    }
    let value_end = key_end + 1 + run(text, key_end + 1, 200, |byte| inside(byte) && !matches!(byte, b';' | b' '));
    let value = part(text, key_end + 1, value_end);
    // The cheap tests come first: only a sound password is worth a look at the whole.
    if value.len() < 4 || is_placeholder(value) || !matches!(at(text, value_end), None | Some(b';' | b'"' | b'\'' | b'\n' | b' ')) {
        return None;
    }
    let start = key_start - run_back(text, key_start, 256, inside);
    let end = value_end + run(text, value_end, 256, inside);
    let mut count = 0;
    let mut server = false;
    for pair in part(text, start, end).split(|byte| *byte == b';') {
        let Some(sign) = pair.iter().position(|byte| *byte == b'=') else { continue };
        let key = pair.get(..sign).unwrap_or(&[]).trim_ascii();
        count += 1;
        server |= SERVERS.iter().any(|known| {
            key.len() >= known.len() && key.get(key.len() - known.len()..).is_some_and(|tail| tail.eq_ignore_ascii_case(known))
        });
    }
    (count >= 3 && server).then_some(Found::new(key_end + 1, value_end, Level::Critical))
}
