//! Our own layer over the third-party list of bots: what of it catches people, and rules for what no
//! list names. All of it in lower and upper case alike; whoever changes something raises
//! `CODE_VERSION`.
//!
//! The ideas (words such as `bot`, an address to complain to, a program that says nothing but its
//! name) are common to the field; isbot (<https://github.com/omrilotan/isbot>) is the best known to
//! use them. The rules were written against the user agents of `tests/bots.rs`.

/// Patterns of the list that name what people use: a browser for one site, Meta's in-app browser,
/// an operating system, a build of Android.
pub(super) const OF_PEOPLE: [&str; 4] = [
    "Fluid",
    "MetaIAB Facebook",
    "TSM-turingos",
    r"AP3A\.240617\.008",
];

/// Patterns of the list that are also the name, or a part of the name, of an app or a device. They
/// count only where the agent is not of a browser or an app: `Viber` is a preview, `… Safari/537.36
/// Viber/11.9` is somebody who reads in Viber.
pub(super) const ALSO_APPS: [&str; 62] = [
    r"008\/",
    "Adventurer",
    r"Asana\/",
    "Blackboard",
    "Bloglines",
    r"Bluesky\/",
    r"Buck\/",
    "Butterfly",
    "Charlotte",
    r"Code\/1\.",
    r"Daum\/",
    "Disqus",
    r"Dlc\/",
    "ds9",
    "Embedly",
    "Expanse",
    r"Feeder \/",
    "Feedly",
    r"Fetch\/",
    "Fever",
    "fluffy",
    "Genieo",
    r"Golfe\/",
    "Goodreads",
    r"Grammarly\/",
    r"Grover\/",
    "Hatena",
    "Hello World",
    r"Hype Machine\/",
    "inoreader",
    r"Instapaper\/",
    "Jumio",
    "linko",
    "Magellan",
    r"Make\/",
    "Mastodon",
    "Netvibes",
    "NewsBlur",
    "NextCloud",
    r"NING\/",
    r"Notion\/",
    r"Operator\/",
    r"Overcast\/",
    r"PayPal\/",
    r"PocketCasts\/",
    r"Readable\/",
    r"RED\/",
    r"s4a\/",
    r"Salesforce\.com",
    "Sogou",
    "Sonic",
    "speedy",
    "Synapse",
    r"Trae\/",
    "Trove",
    r"Tumblr\/",
    r"upday\/",
    r"Uptime\/",
    r"Verity\/",
    "Viber",
    "WhatsApp",
    "Yeti",
];

/// Parts of an agent that say nothing about who sends it, although they may hold a word that does:
/// what a phone is called and which build it runs (a CUBOT, an HTC Butterfly), names, toolbars that
/// carry the address of their maker.
pub(super) const SILENT: &str = concat!(
    r"(?i)android [\d.]+; (?:[a-z]{2}[-_][a-z]{2}; )?[^;()]*?(?: build/[\w.-]*|\))",
    r"|cubot|abbott?\b|skyscraper|robotics|irobot|\S*uaprof\S*",
    r"|embedded\w*.{0,20}?https?://\S*bsalsa\.com",
);

/// An agent of a browser, of an app on a phone, or of an old phone.
pub(super) const BROWSER: &str = r"(?i)^\W*(?:mozilla|opera)/|cfnetwork/|dalvik/|android[):]|midp";

/// Says on what it runs, or that it is a player, a mail program or a text browser: somebody is there.
pub(super) const DEVICE: &str = concat!(
    r"(?i)android|iphone|ipad|ios |darwin|cfnetwork|midp|cldc|symbian|series60|blackberry|palm",
    r"|windows|win(?:32|64|10|dows)|mac os|macintosh|x11|linux;|amiga|java;",
    r"|nokia|samsung|sonyericsson|\blg[-e]|\blg\b|mot-|motorola|htc|huawei|alcatel|micromax|lenovo",
    r"|philips|sie-|siemens|dell|zte|sagem|sharp|sanyo|pantech|kyocera|toshiba|benq|panasonic|fly",
    r"|spice|karbonn|lava|gionee|oppo|vivo|xiaomi|infinix|tecno|itel",
    r"|up\.browser|obigo|netfront|ucweb|docomo|kddi|j-phone|softbank|vodafone|wap\b",
    r"|roku|tv|player|playstation|nintendo|psp|dvp|podc|\bpod|pod\b|music|media|radio|quicktime",
    r"|itunes|vlc|spotify|winamp|foobar|aimp|kodi|plex|zune|wii|vizio",
    r"|mail|outlook|evolution|thunderbird|eudora|notes",
    r"|lynx|links|w3m|dillo|netsurf|msie|browser|opera|explorer|navigator|mosaic|netscape|konqueror",
    r"|galeon|icab|omniweb|midori",
);

/// Browsers that called themselves `compatible`.
pub(super) const COMPATIBLE: &str = concat!(
    r"(?i)msie|konqueror|browse|webpositive|\bu;|windows|ms-?office|docomo|linux|mac|unix|bsd|beos",
    r"|trident|opera|netfront|amiga|symbian|palm|risc os|os/2|danger|netcaptor|novarra|midp|cldc",
    r"|android|polaris|brew|teleca|galeon|netscape|netpositive|mosaic|aol|rim\d|nokia|mot-|kde|gnome",
    r"|fedora",
);

/// Services and messengers that look at a link for its title and picture, once somebody has sent it.
pub(super) const PREVIEW: &str = concat!(
    r"(?i)^whatsapp|^viber(?:/[\d.]+)?$|facebookexternal|facebookplatform|facebookcatalog|facebot",
    r"|meta-externalhit|slackbot|slack-imgproxy|twitterbot|telegrambot|discordbot|linkedinbot",
    r"|skypeuripreview|skype-url|link ?preview|url ?preview|page-?preview|microsoftpreview",
    r"|snap url|snapurl|bluesky cardyb|vkshare|odklbot|embedly/|embedly \+|iframely|unfurl",
    r"|link-?expand|groupmebot|keybasebot|summalybot|evernoterichlink|opengraph|onebox",
    r"|googlemessages/|steamchaturllookup",
);

/// Whose agents a rule looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// All.
    All,
    /// Those that are not of a known browser which calls itself compatible.
    NotCompatible,
    /// Those that are not of a browser or an app.
    NoBrowser,
    /// Of these, those that do not say on what they run either.
    NoDevice,
}

/// A rule: its name, whose agents it looks at, and what it looks for.
pub(super) struct Rule(pub &'static str, pub Of, pub &'static str);

/// The rules; the first that fits is the reason.
pub(super) const RULES: [Rule; 20] = [
    Rule(
        "bot",
        Of::All,
        r"bots?(?:[^a-z]|$)|(?:^|[^a-z])bot[-_ ]?[a-z]*/",
    ),
    Rule(
        "crawler",
        Of::All,
        r"crawl|spider|webscrap|scraper|scraping|scrapy|slurp|harvest(?:er|ing)|web ?collage",
    ),
    // The address of whoever runs a program: behind a `+`, or behind the end of a browser's agent.
    // Elsewhere toolbars, ROMs and translators (`(via translate.google.com)`) have some, too.
    Rule(
        "contact",
        Of::All,
        r"\+ ?(?:https?:|www\.|mailto:)|mailto:|(?:safari|edg)/[\d.]+[;,]? .*https?://",
    ),
    Rule(
        "automation",
        Of::All,
        concat!(
            r"headless|phantomjs|puppeteer|playwright|selenium|webdriver|htmlunit|jsdom",
            r"|cypress/|testcafe|fake_?useragent",
        ),
    ),
    Rule(
        "monitor",
        Of::All,
        concat!(
            r"monitor(?:ing|/|\b)|uptime|health[- ]?check|healthservice|pagespeed|page speed",
            r"|lighthouse|observatory|synthetic|statuscake|pingdom|gomezagent|google search console",
            r"|taginspector|site ?check|link ?check|linklint|linkscan|validator|speed ?test|gtmetrix",
            r"|webpagetest",
        ),
    ),
    Rule("picture", Of::All, r"screenshot|thumbnail"),
    Rule(
        "scanner",
        Of::All,
        concat!(
            r"scanner|scan/\d|burpcollaborator|oastify|interact\.?sh|nuclei|nikto|sqlmap|zgrab|masscan|nmap",
            r"|fuzz faster|gobuster|wpscan|load_file\(|acunetix|nessus|netsparker|qualys|classifier/",
        ),
    ),
    Rule(
        "google",
        Of::All,
        r"(?:^|[ (;,])[a-z]+-google(?:[/;,) ]|$)|^google-[a-z-]+$",
    ),
    // A version that was never released, and a browser that does not end where its version does.
    Rule("unreleased", Of::All, r"-snapshot\b"),
    Rule("garbled", Of::All, r"chrome/[\d.]+[a-z]"),
    // `Mozilla/5.0 xtate/2.12`: a browser's first word, and nothing of a browser behind it.
    Rule(
        "no-engine",
        Of::All,
        r"^mozilla/[\d.]+ (?:[a-z-]+/[\d.]+|\([a-z-]+/[\d.]+\))$",
    ),
    Rule(
        "compatible",
        Of::All,
        r"like gecko; compatible;|compatible; ?[\w .-]+/[\w.]+; ?(?:https?:|www\.)",
    ),
    Rule("compatible", Of::NotCompatible, r"[(;] ?compatible;"),
    // What apps and systems fetch for themselves, beside what people see in them.
    Rule("app", Of::All, r"^swcd|^(?:ddg|duckduckgo)[-_/]"),
    Rule(
        "only-a-word",
        Of::All,
        concat!(
            r"^(?:[\d.]+|ipad|iphone|chrome|android|msie|mozilla|opera|firefox|safari|browser",
            r"|(?:microsoft )?internet explorer|user-?agent)$",
        ),
    ),
    Rule("library", Of::All, LIBRARY),
    Rule(
        "address",
        Of::NoBrowser,
        r"https?://|www\.|[\w.+-]+@[\w-]+\.[a-z]{2}",
    ),
    Rule(
        "program",
        Of::NoDevice,
        concat!(
            r"fetch|feed|rss|reader|check|valid|archiv|index|parse|agent|service|server|client|proxy",
            r"|http|link|monitor|analy|extract|download|probe|audit|search|resolv|aggregat|lookup",
            r"|integration|callback|plugin|scan|preview|test|sdk|webhook|sync|import|export|network",
            r"|library|publish|cms|forum|platform|community|marketplace|prometheus|webparser",
        ),
    ),
    // A name and a version, a name alone: what browsers and phones say is longer.
    Rule(
        "name-and-version",
        Of::NoDevice,
        concat!(
            r"^[\w.:!'-]+(?: [\w.:-]+){0,2} ?",
            r"(?:[ /] ?v?\d[\w+-]*(?:\.[\w+-]+)*|/ ?[a-z_-]+)$",
        ),
    ),
    Rule(
        "only-a-name",
        Of::NoDevice,
        r"^[a-z_][a-z_.:-]*(?: [a-z_.:-]+){0,3}$",
    ),
];

/// Begins with the name of a library, a tool or a language's client.
const LIBRARY: &str = concat!(
    r"^\W*(?:jakarta )?(?:commons-httpclient|curl|libcurl|pycurl|wget|python|urllib|aiohttp|httpx",
    r"|requests|perl|lwp|libwww-perl|java|jakarta|apache-http|okhttp|httpclient|http[_. -]?client",
    r"|go-http|go [\d.]+ package http|go-resty|resty|fasthttp|req/v|ruby|faraday|rest-client|typhoeus",
    r"|httparty|excon|mechanize|php|guzzle|guzzlehttp|symfony|zend|cakephp|node|node-fetch|axios|got",
    r"|undici|superagent|needle|dart|rust|reqwest|hyper|ureq|surf|isahc|grpc|http-kit|http_request",
    r"|winhttp|wininet|microsoft-cryptoapi|microsoft url control|postmanruntime|insomnia|httpie",
    r"|restsharp|unirest|reactornetty|jersey|vert\.x|akka-http|sttp|armeria|retrofit|deno|bun|lua",
    r"|haskell|erlang|hackney|tesla|finch|elixir|powershell|aws-sdk|aws-cli|boto|botocore|azure",
    r"|terraform|k6|ab|apachebench|siege|wrk|jmeter|gatling|locust|hey|vegeta|artillery|loader\.io",
    r"|openai|anthropic|claude|langchain)(?:[/ _.;()-]|\d|$)",
);
