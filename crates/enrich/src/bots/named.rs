//! Programs of known classes, by the names that they give themselves: AI agents, and what looks at mails for its readers.

/// A program: its class, its name, and what its agents say.
pub(super) struct Named(pub &'static str, pub &'static str, pub &'static str);

/// Gathers texts from which models learn.
const AI_CRAWLER: &str = "ai_crawler";
/// Fetches what somebody has asked an assistant about.
const AI_ASSISTANT: &str = "ai_assistant";
/// Makes the index that an assistant searches in.
const AI_SEARCH: &str = "ai_search";
/// Follows the links of a mail, to see whether they are harmless.
const MAIL_SCANNER: &str = "mail_scanner";

/// The first that fits is the reason. From the operators' own pages about their crawlers: OpenAI
/// (platform.openai.com/docs/bots), Anthropic (support.claude.com), Perplexity (docs.perplexity.ai/guides/bots), Google
/// (developers.google.com/search/docs/crawling-indexing), Meta, Amazon (developer.amazon.com/amazonbot), Apple, Mistral, Common
/// Crawl (commoncrawl.org/ccbot), DuckDuckGo, You.com, Allen AI, Diffbot, Webz.io; the others by what their agents say.
pub(super) const NAMED: &[Named] = &[
    Named(AI_ASSISTANT, "ChatGPT-User", r"\bchatgpt-user\b"),
    Named(AI_SEARCH, "OAI-SearchBot", r"\boai-searchbot\b"),
    Named(AI_CRAWLER, "GPTBot", r"\bgptbot\b"),
    Named(AI_ASSISTANT, "Claude-User", r"\bclaude-user\b"),
    Named(AI_SEARCH, "Claude-SearchBot", r"\bclaude-searchbot\b"),
    Named(
        AI_CRAWLER,
        "ClaudeBot",
        r"\bclaudebot\b|\bclaude-web\b|\banthropic-ai\b",
    ),
    Named(AI_ASSISTANT, "Perplexity-User", r"\bperplexity-user\b"),
    Named(AI_SEARCH, "PerplexityBot", r"\bperplexitybot\b"),
    Named(AI_CRAWLER, "Google-Extended", r"\bgoogle-extended\b"),
    Named(
        AI_CRAWLER,
        "Google-CloudVertexBot",
        r"\bgoogle-cloudvertexbot\b",
    ),
    Named(
        AI_ASSISTANT,
        "Google-Gemini",
        r"\bgemini-deep-research\b|\bgoogle-notebooklm\b|\bgoogle-agent\b|\bgoogleagent-",
    ),
    Named(
        AI_ASSISTANT,
        "Meta-ExternalFetcher",
        r"\bmeta-externalfetcher\b",
    ),
    Named(AI_SEARCH, "Meta-WebIndexer", r"\bmeta-webindexer\b"),
    Named(
        AI_CRAWLER,
        "Meta-ExternalAgent",
        r"\bmeta-externalagent\b|\bfacebookbot\b",
    ),
    Named(AI_ASSISTANT, "Amzn-User", r"\bamzn-user\b|\bnovaact\b"),
    Named(AI_SEARCH, "Amzn-SearchBot", r"\bamzn-searchbot\b"),
    Named(AI_CRAWLER, "Amazonbot", r"\bamazonbot\b|\bbedrockbot\b"),
    Named(AI_CRAWLER, "Applebot-Extended", r"\bapplebot-extended\b"),
    Named(AI_ASSISTANT, "MistralAI-User", r"\bmistralai-user\b"),
    Named(AI_ASSISTANT, "DuckAssistBot", r"\bduckassistbot\b"),
    Named(AI_SEARCH, "AzureAI-SearchBot", r"\bazureai-searchbot\b"),
    Named(AI_SEARCH, "YouBot", r"\byoubot\b"),
    Named(AI_SEARCH, "PhindBot", r"\bphindbot\b"),
    Named(AI_SEARCH, "Andibot", r"\bandibot\b"),
    Named(AI_SEARCH, "iaskspider", r"\biaskspider\b|\biaskbot\b"),
    Named(AI_ASSISTANT, "Manus-User", r"\bmanus-user\b"),
    Named(AI_ASSISTANT, "LinerBot", r"\blinerbot\b"),
    Named(AI_CRAWLER, "CCBot", r"\bccbot\b"),
    Named(AI_CRAWLER, "Bytespider", r"\bbytespider\b|\btiktokspider\b"),
    Named(AI_CRAWLER, "cohere", r"\bcohere-training-data-crawler\b"),
    Named(AI_ASSISTANT, "cohere", r"\bcohere-ai\b"),
    Named(
        AI_CRAWLER,
        "xAI",
        r"\bxai-bot\b|\bgrokbot\b|\bgrok-[a-z]+bot\b",
    ),
    Named(AI_CRAWLER, "DeepSeekBot", r"\bdeepseekbot\b"),
    Named(AI_CRAWLER, "ChatGLM-Spider", r"\bchatglm-spider\b"),
    Named(AI_CRAWLER, "PanguBot", r"\bpangubot\b"),
    Named(AI_CRAWLER, "Ai2Bot", r"\bai2bot\b"),
    Named(AI_CRAWLER, "Diffbot", r"\bdiffbot\b"),
    Named(AI_CRAWLER, "Webzio", r"\bwebzio-extended\b|\bomgili"),
    Named(AI_CRAWLER, "ImagesiftBot", r"\bimagesiftbot\b"),
    Named(AI_CRAWLER, "Timpibot", r"\btimpibot\b"),
    Named(
        AI_CRAWLER,
        "VelenPublicWebCrawler",
        r"\bvelenpublicwebcrawler\b",
    ),
    Named(AI_CRAWLER, "SBIntuitionsBot", r"\bsbintuitionsbot\b"),
    Named(AI_CRAWLER, "img2dataset", r"\bimg2dataset\b"),
    Named(AI_CRAWLER, "Kangaroo", r"\bkangaroo bot\b"),
    Named(AI_CRAWLER, "Crawl4AI", r"\bcrawl4ai\b|\bfirecrawl"),
    Named(MAIL_SCANNER, "Barracuda", r"\bbarracuda"),
    Named(MAIL_SCANNER, "Proofpoint", r"\bproofpoint"),
    Named(MAIL_SCANNER, "Mimecast", r"\bmimecast"),
    Named(MAIL_SCANNER, "SafeLinks", r"\bsafe-?links?\b"),
    Named(
        MAIL_SCANNER,
        "Messagelabs",
        r"\bmessagelabs\b|\bsymantec-?(?:email|click)",
    ),
    Named(MAIL_SCANNER, "Trellix", r"\bfireeye\b|\btrellix\b"),
    Named(MAIL_SCANNER, "Sophos", r"\bsophos(?:labs)?(?:[ /-]|$)"),
    Named(MAIL_SCANNER, "Fortinet", r"\bfortimail\b"),
    Named(MAIL_SCANNER, "VadeSecure", r"\bvade ?secure\b|\bisithere\b"),
    Named(MAIL_SCANNER, "Hornetsecurity", r"\bhornetsecurity\b"),
];
